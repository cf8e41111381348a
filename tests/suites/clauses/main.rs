//! The statute, clause by clause: from a row of its kind in an agency's own database, through a real agent
//! and hub, to the drafts in all three channels that section 1 names. One hub serves all of them, so that
//! the whole takes less than a minute; it is a program of its own, since a test harness has no last test.
//!
//! `cargo test -p savin-tests --test clauses -- clause_1_a` passes those whose names hold a word.

mod clause;
mod neighbour;
mod public;
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
    clause::clause_1_a_i_transfer,
    clause::clause_1_a_ii_transfer_out_of_state,
    clause::clause_1_a_iii_classification,
    clause::clause_1_a_iv_leave,
    clause::clause_1_a_iv_release,
    clause::clause_1_a_v_discharge,
    clause::clause_1_a_vi_escape_and_return,
    clause::clause_1_a_vii_protective_order,
    clause::clause_1_a_vii_order_about_to_end,
    clause::clause_1_b_i_court_event,
    clause::clause_1_b_i_followed_case,
    clause::clause_1_b_ii_hearing,
    clause::clause_1_b_iii_1_supervision_status,
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
    neighbour::clause_47_5_177_agencies,
    neighbour::booking_again,
    neighbour::correction_of_a_release,
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let chosen: Vec<&Clause> = CLAUSES
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| name.contains(word)))
        .collect();
    match pass(&chosen) {
        Ok(failed) => {
            say(&format!(
                "\ntest result: {}. {} passed; {failed} failed\n",
                if failed == 0 { "ok" } else { "FAILED" },
                chosen.len() - failed,
            ));
            ExitCode::from(u8::from(failed > 0))
        }
        Err(failure) => {
            say(&format!("the world could not be made: {failure:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Passes tests one after the other, each with people of its own; returns how many failed.
fn pass(chosen: &[&Clause]) -> anyhow::Result<usize> {
    if chosen.is_empty() {
        return Ok(0);
    }
    let folder = tempfile::tempdir()?;
    let mut world = World::make(folder.path())?;
    let mut failed = 0;
    say(&format!("\nrunning {} tests", chosen.len()));
    for (name, test) in chosen {
        match test(&mut world) {
            Ok(()) => say(&format!("test {name} ... ok")),
            Err(failure) => {
                failed += 1;
                say(&format!("test {name} ... FAILED\n{failure:?}\n"));
            }
        }
    }
    world.strike()?;
    Ok(failed)
}

fn say(line: &str) {
    // Nobody reads along when the output is closed.
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}
