//! The duties beside section 1, and what must never read as something else.

use savin_shared::event::EventCode as Code;

use crate::world::World;

pub(crate) fn death_in_its_own_words(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Tansy")?;
    let sql = "UPDATE custody SET status = 'DEAD', at = '2026-06-01 09:00:00' WHERE number = 'B12'";
    let drafts = world.drafts(&mut her, Code::Died, sql)?;
    drafts.say("Avery Tansy died in custody")?;
    drafts.do_not_say("released")
}

pub(crate) fn mistaken_release(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Umber")?;
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'ERR'
        WHERE number = 'B13'";
    let drafts = world.drafts(&mut her, Code::MistakenRelease, sql)?;
    drafts.say("was released from Test County Jail by mistake")?;
    drafts.say("call 911")
}

/// 99-43-41 and 47-7-17: a release that is to come, and its changes.
pub(crate) fn release_scheduled_and_changed(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Vervain")?;
    let sql = "UPDATE custody SET out_on = '2027-05-01' WHERE number = 'B14'";
    let drafts = world.drafts(&mut her, Code::ReleaseScheduled, sql)?;
    drafts.say("Avery Vervain is to be released from Test County Jail. The day is May 1, 2027")?;
    let sql = "UPDATE custody SET out_on = '2027-06-01' WHERE number = 'B14'";
    let drafts = world.drafts(&mut her, Code::ReleaseDateChanged, sql)?;
    drafts.say("The new day: June 1, 2027")
}

/// 99-43-35(d): whoever was entered by an officer hears of the arrest, and of every later one.
pub(crate) fn booking_again(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Rowan")?;
    let sql = "INSERT INTO custody VALUES ('B40', 'P10', 'ROWAN, AVERY', 'PRISON', 'close', 'IN',
        '2026-06-01 09:00:00', NULL, NULL, NULL)";
    let drafts = world.drafts(&mut her, Code::Booked, sql)?;
    drafts.say("Avery Rowan was taken into custody. The place is Test State Prison")
}

/// A release that was no release is taken back to whoever was told.
pub(crate) fn correction_of_a_release(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Willow")?;
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'BOND'
        WHERE number = 'B15'";
    world.drafts(&mut her, Code::Released, sql)?;
    let sql = "UPDATE custody SET status = 'IN', at = '2026-05-01 08:00:00', reason = NULL
        WHERE number = 'B15'";
    world.database.change(sql, [])?;
    let letter = world.next_letter(&mut her)?;
    anyhow::ensure!(letter.contains("not so"), "{letter}");
    anyhow::ensure!(
        letter.contains("in custody at Test County Jail"),
        "{letter}"
    );
    Ok(())
}
