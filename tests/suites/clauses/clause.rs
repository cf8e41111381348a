//! Section 1(a) to (c): what an agency writes, and what a registrant is told in each channel.

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_shared::event::EventCode as Code;

use crate::world::{PATIENCE, Way, World};

/// "Via their choice": nothing goes out by a way that she did not choose.
pub(crate) fn clause_1_a_to_c_choice_of_channel(world: &mut World) -> anyhow::Result<()> {
    let person = world.person("Aster")?;
    let mut chose = Vec::new();
    for way in Way::ALL {
        chose.push((way, world.register_by(person, &[way])?));
    }
    let sql = "UPDATE custody SET class = 'medium' WHERE number = 'B16'";
    world.database.change(sql, [])?;
    let known = world
        .tail
        .wait_for(PATIENCE, |known| known.code == Code::ClassificationChange)?;
    for (way, her) in &chose {
        let planned = || world.planned(her.id, known.position.0);
        world.until(|_| Ok(!planned()?.is_empty()))?;
        ensure!(planned()? == [way.as_str()], "{:?}", planned()?);
    }
    Ok(())
}

pub(crate) fn clause_1_a_i_transfer(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Ivory")?;
    let sql = "UPDATE custody SET place = 'PRISON' WHERE number = 'B1'";
    let drafts = world.drafts(&mut her, Code::TransferInState, sql)?;
    drafts.say("Avery Ivory was moved from Test County Jail to Test State Prison")
}

pub(crate) fn clause_1_a_ii_transfer_out_of_state(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Juniper")?;
    let sql = "UPDATE custody SET status = 'OUT', at = '2026-06-01 09:00:00',
        handed_to = 'Tennessee' WHERE number = 'B2'";
    let drafts = world.drafts(&mut her, Code::TransferOutOfState, sql)?;
    drafts.say("Avery Juniper was handed to an agency outside the state")?;
    drafts.do_not_say("released")
}

/// A move of which nobody says to where is told as that, and never as one out of the state.
pub(crate) fn clause_1_a_i_transfer_to_where_nobody_says(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Hazel")?;
    let sql = "UPDATE custody SET status = 'TRF', at = '2026-06-01 09:00:00' WHERE number = 'B52'";
    let drafts = world.drafts(&mut her, Code::TransferInState, sql)?;
    drafts.say("Avery Hazel was moved from Test County Jail to another facility")?;
    drafts.say("We were not told which one")?;
    for wrong in ["outside the state", "in the state", "released"] {
        drafts.do_not_say(wrong)?;
    }
    world.carry(&drafts)?;
    // The same booking is in custody after all: that it was moved is taken back.
    let sql = "UPDATE custody SET status = 'IN', at = '2026-06-01 11:00:00' WHERE number = 'B52'";
    let drafts = world.drafts(&mut her, Code::Correction, sql)?;
    drafts.say("is in custody at Test County Jail")
}

pub(crate) fn clause_1_a_iii_classification(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Kestrel")?;
    let sql = "UPDATE custody SET class = 'medium' WHERE number = 'B3'";
    let drafts = world.drafts(&mut her, Code::ClassificationChange, sql)?;
    drafts.say("changed from close to medium")?;
    drafts.say("still in custody")
}

pub(crate) fn clause_1_a_iv_leave(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Larkin")?;
    let sql = "UPDATE custody SET status = 'LEAVE', at = '2026-06-01 09:00:00' WHERE number = 'B4'";
    let drafts = world.drafts(&mut her, Code::LeaveStart, sql)?;
    drafts.say("Avery Larkin left Test County Jail on leave")?;
    let sql = "UPDATE custody SET status = 'IN', at = '2026-06-01 17:00:00' WHERE number = 'B4'";
    let drafts = world.drafts(&mut her, Code::LeaveEnd, sql)?;
    drafts.say("is back at Test County Jail from leave")
}

pub(crate) fn clause_1_a_iv_release(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Moss")?;
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'BOND'
        WHERE number = 'B5'";
    let drafts = world.drafts(&mut her, Code::Released, sql)?;
    drafts.say("Avery Moss was released from Test County Jail")?;
    drafts.say("a bond was paid")
}

pub(crate) fn clause_1_a_v_discharge(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Nettle")?;
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'EXP'
        WHERE number = 'B6'";
    let drafts = world.drafts(&mut her, Code::Discharged, sql)?;
    drafts.say("because the sentence is over")
}

pub(crate) fn clause_1_a_vi_escape_and_return(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Orchid")?;
    let sql = "UPDATE custody SET status = 'ESC', at = '2026-06-01 09:00:00' WHERE number = 'B7'";
    let drafts = world.drafts(&mut her, Code::Escaped, sql)?;
    drafts.say("Avery Orchid escaped from Test County Jail")?;
    drafts.say("call 911")?;
    // 99-43-35(e): and of the return.
    let sql = "UPDATE custody SET status = 'IN', at = '2026-06-01 11:00:00' WHERE number = 'B7'";
    let drafts = world.drafts(&mut her, Code::Recaptured, sql)?;
    drafts.say("was caught and is back in custody")
}

/// Missing, and maybe escaped, in the jail's own word; found; missing again, and an escape after all.
pub(crate) fn clause_1_a_vi_suspected_escape(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Gorse")?;
    let suspect = ["escape", "--record", "B51", "--suspected"];
    let drafts = world.said_at_the_jail(&mut her, Code::EscapeSuspected, &suspect)?;
    drafts.say("Avery Gorse is missing from Test County Jail and may have escaped")?;
    drafts.say("call 911")?;
    drafts.do_not_say("escaped from")?;
    let found = ["recapture", "--record", "B51"];
    let drafts = world.said_at_the_jail(&mut her, Code::Recaptured, &found)?;
    drafts.say("Avery Gorse was missing and has been found")?;
    drafts.do_not_say("caught")?;
    world.said_at_the_jail(&mut her, Code::EscapeSuspected, &suspect)?;
    // The booking system says later that it was one, and that it happened before anybody counted.
    let sql = "UPDATE custody SET status = 'ESC', at = '2026-06-01 09:00:00' WHERE number = 'B51'";
    let drafts = world.drafts(&mut her, Code::Escaped, sql)?;
    drafts.say("Avery Gorse escaped from Test County Jail")
}

pub(crate) fn clause_1_a_vii_protective_order(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Poplar")?;
    // Somebody else who asked about the same person is not told of an order that is not hers.
    let other = world.about("Poplar")?;
    let id = her.id.to_string();
    let typed = "26-PO-7\nHinds County Court\n";
    world.desk(&["cases", "attach", &id, "--kind", "order"], typed)?;
    let sql = "INSERT INTO orders VALUES ('26PO7', 'P8', 'POPLAR, AVERY', 'County Court of Hinds',
        'TRY', '2026-06-01 09:00:00', '2027-06-01')";
    let drafts = world.drafts(&mut her, Code::ProtectiveOrderAttempted, sql)?;
    drafts.say("tried to serve the protective order that you asked for on Avery Poplar")?;
    let sql =
        "UPDATE orders SET service = 'SRV', at = '2026-06-02 09:00:00' WHERE number = '26PO7'";
    let drafts = world.drafts(&mut her, Code::ProtectiveOrderServed, sql)?;
    drafts.say("The protective order that you asked for was served on Avery Poplar")?;
    let letters = world.stage.mailbox.letters();
    ensure!(
        letters.iter().all(|letter| letter.to != other.email),
        "an order was told to somebody who did not ask for it"
    );
    // Of an order that nobody is known to have asked for, staff asks.
    let sql = "INSERT INTO orders VALUES ('26PO8', 'P8', 'POPLAR, AVERY', 'County Court of Hinds',
        'SRV', '2026-06-02 09:00:00', NULL)";
    world.database.change(sql, [])?;
    let served = |known: &savin_tests::tail::Known| known.code == Code::ProtectiveOrderServed;
    let known = world.tail.wait_for(PATIENCE, served)?;
    let filter = ["tasks", "list", "--kind", "protective-order", "--json"];
    world.until(|world| Ok(world.stage.hub.cli(&filter)?.contains("26PO8")))?;
    // It was hers: what came before it was attached is told after all.
    let position = known.position.0.to_string();
    let attach = [
        "cases", "attach", &id, "--kind", "order", "--tell", &position,
    ];
    world.desk(&attach, "26PO8\nCounty Court of Hinds\n")?;
    let letter = world.next_letter(&mut her)?;
    ensure!(letter.contains("was served on Avery Poplar"), "{letter}");
    Ok(())
}

/// Thirty days before it ends, whoever asked for an order is reminded; within them at once.
pub(crate) fn clause_1_a_vii_order_about_to_end(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Poplar")?;
    let id = her.id.to_string();
    let typed = "26PO9\nCounty Court of Hinds\n";
    world.desk(&["cases", "attach", &id, "--kind", "order"], typed)?;
    let ends = savin_tests::clock::wall() + SignedDuration::from_hours(24 * 20);
    let sql = "INSERT INTO orders VALUES ('26PO9', 'P8', 'POPLAR, AVERY', 'County Court of Hinds',
        'SRV', '2026-06-03 09:00:00', ?1)";
    world
        .database
        .change(sql, [ends.strftime("%Y-%m-%d").to_string()])?;
    let letters = [world.next_letter(&mut her)?, world.next_letter(&mut her)?];
    let saying = |words: &str| letters.iter().find(|letter| letter.contains(words));
    saying("was served on Avery Poplar").context("the service was not told")?;
    let ends_soon = "against Avery Poplar ends soon";
    let ending = saying(ends_soon).context("the end was not told")?;
    ensure!(!ending.contains(" ago"), "that is the service: {ending}");
    for way in [Way::Telephone, Way::Letter] {
        world.until(|world| world.waits(&her, way, ends_soon))?;
    }
    Ok(())
}

pub(crate) fn clause_1_b_i_court_event(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Quince")?;
    let sql = "INSERT INTO court VALUES ('E1', 'P9', 'QUINCE, AVERY', '26-CR-1', 'Circuit Court',
        'Trial', '2027-03-01 09:00:00', 'SET')";
    let drafts = world.drafts(&mut her, Code::CourtEventSet, sql)?;
    drafts.say("A court date for Avery Quince was set: Trial")?;
    drafts.say("March 1, 2027, 9:00 a.m.")?;
    let sql = "UPDATE court SET at = '2027-03-08 09:00:00' WHERE number = 'E1'";
    let drafts = world.drafts(&mut her, Code::CourtEventChanged, sql)?;
    drafts.say("The new time is March 8, 2027, 9:00 a.m.")?;
    let sql = "UPDATE court SET state = 'OFF' WHERE number = 'E1'";
    let drafts = world.drafts(&mut her, Code::CourtEventCancelled, sql)?;
    drafts.say("was called off")
}

pub(crate) fn clause_1_b_i_followed_case(world: &mut World) -> anyhow::Result<()> {
    // She asked about somebody else, and follows the case.
    let mut her = world.about("Rowan")?;
    let id = her.id.to_string();
    world.desk(&["cases", "attach", &id], "26-CR-2\nCircuit Court\n")?;
    let sql = "INSERT INTO court VALUES ('E2', 'P11', 'SORREL, AVERY', '26CR2', 'Circuit Court',
        'Sentencing', '2027-03-02 09:00:00', 'SET')";
    let drafts = world.drafts(&mut her, Code::CourtEventSet, sql)?;
    drafts.say("A court date for Avery Sorrel was set: Sentencing")
}

pub(crate) fn clause_1_b_ii_hearing(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Sorrel")?;
    let sql = "INSERT INTO board VALUES ('H1', 'P11', 'SORREL, AVERY', 'Parole hearing', 'Room 3',
        '2027-04-01 10:00:00', 'SET', NULL)";
    let drafts = world.drafts(&mut her, Code::HearingSet, sql)?;
    drafts.say("A hearing for Avery Sorrel was set: Parole hearing")?;
    drafts.say("You may have the right to speak there")?;
    let sql = "UPDATE board SET decision = 'Denied' WHERE number = 'H1'";
    let drafts = world.drafts(&mut her, Code::BoardDecision, sql)?;
    drafts.say("The board decided about Avery Sorrel: Denied")
}

pub(crate) fn clause_1_b_ii_pardon_hearing_moved_and_called_off(
    world: &mut World,
) -> anyhow::Result<()> {
    let mut her = world.about("Sorrel")?;
    let sql = "INSERT INTO board VALUES ('H2', 'P11', 'SORREL, AVERY', 'Pardon hearing', 'Room 4',
        '2027-05-03 10:00:00', 'SET', NULL)";
    let drafts = world.drafts(&mut her, Code::HearingSet, sql)?;
    drafts.say("A hearing for Avery Sorrel was set: Pardon hearing")?;
    let sql = "UPDATE board SET at = '2027-05-10 10:00:00' WHERE number = 'H2'";
    let drafts = world.drafts(&mut her, Code::HearingChanged, sql)?;
    drafts.say("The new time is May 10, 2027, 10:00 a.m.")?;
    let sql = "UPDATE board SET state = 'OFF' WHERE number = 'H2'";
    let drafts = world.drafts(&mut her, Code::HearingCancelled, sql)?;
    drafts.say("was called off: Pardon hearing")
}

pub(crate) fn clause_1_b_iii_1_supervision_status(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Briar")?;
    let sql = "UPDATE supervision SET status = 'revoked', at = '2026-06-01 09:00:00'
        WHERE number = 'S1'";
    let drafts = world.drafts(&mut her, Code::SupervisionChange, sql)?;
    drafts.say("The supervision of Avery Briar changed from active to revoked")
}

pub(crate) fn clause_1_b_iii_1_absconded(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Fern")?;
    let sql = "UPDATE supervision SET gone = 'Y', at = '2026-06-01 09:00:00' WHERE number = 'S3'";
    let drafts = world.drafts(&mut her, Code::Absconded, sql)?;
    drafts.say("Avery Fern is under supervision and cannot be found")?;
    drafts.say("call 911")
}

pub(crate) fn clause_1_b_iii_2_supervised_address(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Cedar")?;
    let sql = "UPDATE supervision SET address = '9 Ninth St', address_at = '2026-06-01 09:00:00'
        WHERE number = 'S2'";
    let drafts = world.drafts(&mut her, Code::SupervisedAddressChange, sql)?;
    drafts.say("Avery Cedar lives at another address under supervision")?;
    drafts.do_not_say("Ninth")
}

pub(crate) fn clause_1_c_i_registry_profile(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Dahlia")?;
    let sql = "UPDATE offender SET updated = '2026-06-01 09:00:00' WHERE number = 'R1'";
    let drafts = world.drafts(&mut her, Code::SexOffenderProfileUpdated, sql)?;
    drafts.say("Avery Dahlia updated the state registry")
}

pub(crate) fn clause_1_c_ii_registry_noncompliance(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Elder")?;
    let sql = "UPDATE offender SET compliant = 'N', status = 'delinquent' WHERE number = 'R2'";
    let drafts = world.drafts(&mut her, Code::SexOffenderNoncompliant, sql)?;
    drafts.say("Avery Elder is not doing what the state registry asks for")
}
