//! The statute, clause by clause: from a row of its kind in an agency's own database, through a real agent
//! and hub, to the drafts in all three channels that section 1 names. One hub serves all of them, so that
//! the whole takes less than a minute; it is a program of its own, since a test harness has no last test.
//!
//! `cargo test -p savin-tests --test clauses -- clause_1_a` passes those whose names hold a word, and
//! `-- --write-guide` writes the guide for auditors anew from the table of clauses.

mod agency;
mod clause;
mod coming;
mod neighbour;
mod public;
mod table;
mod world;

use std::io::Write as _;
use std::process::ExitCode;

use world::World;

/// A clause: its name and its test.
type Clause = (&'static str, fn(&mut World) -> anyhow::Result<()>);

/// Lists functions with their names.
macro_rules! clauses {
    ($( $module:ident :: $name:ident ),+ $(,)?) => {
        &[$( (stringify!($name), $module::$name) ),+]
    };
}

const CLAUSES: &[Clause] = clauses![
    clause::clause_1_a_to_c_choice_of_channel,
    clause::clause_1_a_i_transfer,
    clause::clause_1_a_i_transfer_to_where_nobody_says,
    clause::clause_1_a_ii_transfer_out_of_state,
    clause::clause_1_a_iii_classification,
    clause::clause_1_a_iv_leave,
    clause::clause_1_a_iv_release,
    clause::clause_1_a_v_discharge,
    clause::clause_1_a_vi_escape_and_return,
    clause::clause_1_a_vi_suspected_escape,
    clause::clause_1_a_vii_protective_order,
    clause::clause_1_a_vii_order_about_to_end,
    clause::clause_1_b_i_court_event,
    clause::clause_1_b_i_followed_case,
    clause::clause_1_b_ii_hearing,
    clause::clause_1_b_ii_pardon_hearing_moved_and_called_off,
    clause::clause_1_b_iii_1_supervision_status,
    clause::clause_1_b_iii_1_absconded,
    clause::clause_1_b_iii_2_supervised_address,
    clause::clause_1_c_i_registry_profile,
    clause::clause_1_c_ii_registry_noncompliance,
    public::clause_1_d_latest_status,
    public::clause_1_d_latest_status_by_telephone,
    public::clause_1_f_register_and_update,
    public::clause_1_f_register_by_the_number_of_an_order,
    neighbour::death_in_its_own_words,
    neighbour::mistaken_release,
    neighbour::release_scheduled_and_changed,
    coming::clause_99_43_41_mail_when_the_window_opens,
    coming::clause_47_7_17_the_boards_first_docket,
    coming::clause_45_33_29_notice_of_a_move,
    neighbour::clause_99_43_3_d_community_status,
    neighbour::clause_47_5_177_agencies,
    neighbour::clause_47_7_18_presumptive_parole,
    neighbour::clause_99_43_35_d_entered_by_an_officer,
    neighbour::booking_again,
    neighbour::release_that_the_sheriff_is_asked_about,
    neighbour::correction_of_a_release,
];

/// A test of the table of clauses, which needs no world.
type Reading = (&'static str, fn() -> anyhow::Result<()>);

const READINGS: &[Reading] = &[
    ("every_clause_names_tests_that_exist", || {
        let suite: Vec<&str> = CLAUSES.iter().map(|(name, _)| *name).collect();
        table::every_clause_names_tests_that_exist(&suite)
    }),
    (
        "every_event_that_is_told_has_a_clause_and_words",
        table::every_event_that_is_told_has_a_clause_and_words,
    ),
    (
        "the_auditors_guide_is_the_table",
        table::the_auditors_guide_is_the_table,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if arguments.iter().any(|argument| argument == "--write-guide") {
        table::write_guide().map(|()| 0)
    } else {
        pass(&arguments)
    };
    match done {
        Ok(failed) => ExitCode::from(u8::from(failed > 0)),
        Err(failure) => {
            say(&format!("it could not be done: {failure:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Passes the tests whose names hold one of the words that were given, all without any; returns how many
/// failed.
fn pass(arguments: &[String]) -> anyhow::Result<usize> {
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted =
        |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let readings = READINGS.iter().filter(|(name, _)| is_wanted(name));
    let chosen: Vec<&Clause> = CLAUSES.iter().filter(|(name, _)| is_wanted(name)).collect();
    let mut outcomes: Vec<bool> = readings.map(|(name, test)| note(name, test())).collect();
    if !chosen.is_empty() {
        let folder = tempfile::tempdir()?;
        let mut world = World::make(folder.path())?;
        for (name, test) in chosen {
            outcomes.push(note(name, test(&mut world)));
        }
        world.strike()?;
    }
    let failed = outcomes.iter().filter(|passed| !**passed).count();
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let passed = outcomes.len() - failed;
    say(&format!(
        "\ntest result: {word}. {passed} passed; {failed} failed\n"
    ));
    Ok(failed)
}

/// Says how a test ended, and returns whether it passed.
fn note(name: &str, outcome: anyhow::Result<()>) -> bool {
    match outcome {
        Ok(()) => {
            say(&format!("test {name} ... ok"));
            true
        }
        Err(failure) => {
            say(&format!("test {name} ... FAILED\n{failure:?}\n"));
            false
        }
    }
}

fn say(line: &str) {
    // Nobody reads along when the output is closed.
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}
