//! Days that are to come: windows that open, a first docket, a move that was told beforehand.

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_shared::event::EventCode as Code;

use crate::world::World;

/// 99-43-41: within 15 days before the end of a sentence it is told, by mail too: a second time when the window opens,
/// and once where the day became known within it.
pub(crate) fn clause_99_43_41_mail_when_the_window_opens(world: &mut World) -> anyhow::Result<()> {
    let mut early = world.about("Larch")?;
    let mut late = world.about("Myrtle")?;
    let inside = in_days(5)?;
    let out_on = |number: &str, at: &jiff::Zoned| {
        let at = at.strftime("%Y-%m-%d %H:%M:%S");
        format!("UPDATE custody SET out_on = '{at}' WHERE number = '{number}'")
    };
    let once = world.drafts(&mut late, Code::ReleaseScheduled, &out_on("B61", &inside))?;
    // It opens in some seconds.
    let outside = in_days(15)?.checked_add(SignedDuration::from_secs(8))?;
    let sql = out_on("B60", &in_days(100)?);
    world.drafts(&mut early, Code::ReleaseScheduled, &sql)?;
    let drafts = world.drafts(
        &mut early,
        Code::ReleaseDateChanged,
        &out_on("B60", &outside),
    )?;
    drafts.say("The day on which Avery Larch is to be released from Test County Jail changed")?;
    let day = outside.strftime("The day is %B %-d, %Y").to_string();
    // Nothing is said of when it was set: "this was so long ago" would be of the day itself.
    let again = world.told_again(&mut early, &drafts)?;
    again.say("Avery Larch is to be released from Test County Jail. The day is")?;
    again.say(&day)?;
    again.do_not_say("ago")?;
    again.do_not_say("changed")?;
    let told = world.planned_of(&late, &once)?;
    ensure!(told.len() == 3, "{told:?}");
    Ok(())
}

/// Returns a moment so many days of the calendar from now, where the agency is.
fn in_days(days: i64) -> anyhow::Result<jiff::Zoned> {
    let zone = jiff::tz::TimeZone::get("America/Chicago")?;
    let now = savin_tests::clock::wall().to_zoned(zone);
    Ok(now.checked_add(jiff::Span::new().days(days))?)
}

/// 47-7-17 and 47-7-18: what the Parole Board's first docket says of days to come is no news, and whoever asked is told
/// all the same: a right is lost by silence. It is not taken for an omission of the board's.
pub(crate) fn clause_47_7_17_the_boards_first_docket(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Privet")?;
    let name = ["agency", "add", "BOARD", "--name", "Parole Board"];
    let place = ["--new-facility", "BOARD=Parole Board", "--kind", "agency"];
    world.stage.hub.cli(&[name.as_slice(), &place].concat())?;
    let day = in_days(20)?.strftime("%m/%d/%Y").to_string();
    let past = in_days(-20)?.strftime("%m/%d/%Y").to_string();
    let docket = format!(
        "Hearing Number,MDOC Number,Offender Name,Hearing Type,Hearing Date\n\
         D1,K63,\"PRIVET, AVERY\",Presumptive Parole,{day}\n\
         D2,K63,\"PRIVET, AVERY\",Parole,{past}\n"
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("docket.csv");
    std::fs::write(&file, docket)?;
    let file = file.to_str().context("the folder's name is not UTF-8")?;
    let import = ["import", file, "--kind", "parole", "--agency", "BOARD"];
    let tried = world
        .stage
        .hub
        .cli(&[import.as_slice(), &["--dry-run"]].concat())?;
    ensure!(tried.contains("told by the deadline"), "{tried}");
    world.desk(&import, "")?;
    let drafts = world.told(&mut her, Code::HearingSet)?;
    drafts.say("Avery Privet is to be paroled without a hearing")?;
    let report = ["report", "hearings", "--days", "30", "--json"];
    let report = world.stage.hub.cli(&report)?;
    ensure!(report.contains("\"facility\":\"BOARD\""), "{report}");
    let tasks = ["tasks", "list", "--kind", "clock", "--json"];
    let tasks = world.stage.hub.cli(&tasks)?;
    ensure!(!tasks.contains("/BOARD"), "{tasks}");
    Ok(())
}

/// 45-33-29: a sex offender tells the registry ten days before a move. Whoever asked is told of it, without the address,
/// and where the notice came too late a person asks the registry.
pub(crate) fn clause_45_33_29_notice_of_a_move(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Lotus")?;
    let moves = |number: &str, at: &jiff::Zoned| {
        let at = at.strftime("%Y-%m-%d");
        format!(
            "UPDATE offender SET moves = '{at}', updated = '2026-06-01 09:00:00' WHERE number = '{number}'"
        )
    };
    let day = in_days(20)?;
    let drafts = world.drafts(
        &mut her,
        Code::SexOffenderProfileUpdated,
        &moves("R3", &day),
    )?;
    drafts.say("Avery Lotus told the state registry of a move to another home")?;
    let said = day
        .strftime("The day of the move is %B %-d, %Y")
        .to_string();
    drafts.say(&said)?;
    drafts.do_not_say("First St")?;
    drafts.do_not_say("ago")?;
    let clocks = |world: &World, state: &str| {
        let list = ["clocks", "--state", state, "--days", "3650", "--json"];
        world.stage.hub.cli(&list)
    };
    world.until(|world| Ok(clocks(world, "met")?.contains("offender-move-registry")))?;
    let late = "late/offender-move-registry";
    let tasks = ["tasks", "list", "--kind", "clock", "--json"];
    ensure!(!world.stage.hub.cli(&tasks)?.contains(late));
    let mut her = world.about("Mallow")?;
    let sql = moves("R4", &in_days(3)?);
    world.drafts(&mut her, Code::SexOffenderProfileUpdated, &sql)?;
    world.until(|world| Ok(world.stage.hub.cli(&tasks)?.contains(late)))?;
    ensure!(clocks(world, "late")?.contains("offender-move-registry"));
    Ok(())
}
