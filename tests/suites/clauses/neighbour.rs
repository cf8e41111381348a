//! The duties beside section 1, and what must never read as something else.

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use savin_shared::event::EventCode as Code;
use savin_tests::stage::AGENCY;
use savin_tests::visitor::Visitor;

use crate::world::{LEAD, PATIENCE, World};

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

/// 99-43-3(d): work release, house arrest and intensive supervision, whether the jail says it or who supervises.
pub(crate) fn clause_99_43_3_d_community_status(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Oleander")?;
    let goes = |word: &str, at: &str| {
        format!("UPDATE custody SET status = '{word}', at = '{at}' WHERE number = 'B62'")
    };
    let sql = goes("WORK RELEASE", "2026-06-01 09:00:00");
    let drafts = world.drafts(&mut her, Code::LeaveStart, &sql)?;
    drafts.say("Avery Oleander may leave Test County Jail to work, and has to come back")?;
    let sql = goes("HOUSE ARREST", "2026-06-02 09:00:00");
    let drafts = world.drafts(&mut her, Code::LeaveStart, &sql)?;
    drafts.say("Avery Oleander left Test County Jail for house arrest")?;
    drafts.do_not_say("come back")?;
    // Who supervises says it, and the jail nothing.
    let mut her = world.about("Privet")?;
    let sql = "INSERT INTO supervision VALUES ('S4', 'P63', 'PRIVET, AVERY', 'intensive supervision', 'active',
        '2026-06-01 09:00:00', '8 First St', '2026-06-01 09:00:00', 'N')";
    let drafts = world.drafts(&mut her, Code::SupervisionChange, sql)?;
    drafts.say("Avery Privet is under supervision now: intensive supervision, active")?;
    drafts.do_not_say("First St")?;
    let sql = "UPDATE supervision SET what = 'house arrest', at = '2026-06-02 09:00:00' WHERE number = 'S4'";
    let drafts = world.drafts(&mut her, Code::SupervisionChange, sql)?;
    drafts.say("changed from intensive supervision, active to house arrest, active")
}

/// 47-7-18: whoever is told of a presumptive parole is told that there is no hearing unless she asks for one.
pub(crate) fn clause_47_7_18_presumptive_parole(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Jasmine")?;
    let sql = "INSERT INTO board VALUES ('H3', 'P53', 'JASMINE, AVERY', 'Presumptive Parole', NULL,
        '2027-06-01', 'SET', NULL)";
    let drafts = world.drafts(&mut her, Code::HearingSet, sql)?;
    drafts.say("Avery Jasmine is to be paroled without a hearing. The day is June 1, 2027")?;
    drafts.say("There is a hearing only if you ask for one before that day")?;
    drafts.do_not_say("right to speak there")?;
    let sql = "UPDATE board SET at = '2027-06-15' WHERE number = 'H3'";
    let drafts = world.drafts(&mut her, Code::HearingChanged, sql)?;
    drafts.say("The new day is June 15, 2027")?;
    drafts.say("only if you ask for one before that day")?;
    let asked = ["clocks", "--state", "running", "--days", "365", "--json"];
    world.until(|world| {
        Ok(world
            .stage
            .hub
            .cli(&asked)?
            .contains("presumptive-parole-victim"))
    })
}

/// 99-43-35(d): an officer enters her by his office's own link, without her request; she is told of what comes
/// then, and a person is asked to call her.
pub(crate) fn clause_99_43_35_d_entered_by_an_officer(world: &mut World) -> anyhow::Result<()> {
    let list = [
        "recipients",
        "add",
        "--county",
        "Rankin",
        "--office",
        "sheriff",
    ];
    let to = ["--email", "sheriff@rankin.example", "--json"];
    let added: serde_json::Value =
        serde_json::from_str(&world.desk(&[list.as_slice(), &to].concat(), "")?)?;
    let number = added.get("recipient").context("no number")?.to_string();
    let given = world.desk(&["recipients", "link", &number, "--json"], "")?;
    let given: serde_json::Value = serde_json::from_str(&given)?;
    let link = given.get("link").and_then(serde_json::Value::as_str);
    let link = link.context("no link")?;
    let (_, path) = link.split_at(link.find("/office/").unwrap_or_default());
    let visitor = Visitor::new(world.stage.hub.site());
    let page = visitor.open(path)?;
    for part in [
        "99-43-35(d)",
        "For the Sheriff of Rankin County",
        "substitute address",
    ] {
        ensure!(page.text.contains(part), "{part} is missing: {}", page.text);
    }
    let email = "entered@home.example";
    let enter = |who: &str, email: &str| {
        visitor.send(path, &[("who", who), ("email", email), ("language", "en")])
    };
    for (who, email, wrong) in [
        ("Nobody Atall", email, "Nobody on the lists fits that"),
        ("Avery", email, "Several people fit that"),
        ("Dogwood", "", "way to tell"),
    ] {
        let page = enter(who, email)?;
        ensure!(
            page.text.contains(wrong),
            "{wrong} is missing: {}",
            page.text
        );
    }
    let page = enter("Avery Dogwood", email)?;
    ensure!(page.text.contains("She is entered"), "{}", page.text);
    let tasks = world
        .stage
        .hub
        .cli(&["tasks", "list", "--kind", "other", "--json"])?;
    ensure!(tasks.lines().count() == 1, "{tasks}");
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'BOND'
        WHERE number = 'B19'";
    world.database.change(sql, [])?;
    let letter = world.stage.mailbox.wait_for(email, 0, PATIENCE);
    let letter = letter.context("she was not told")?.text;
    // Discreet, since she could not choose yet.
    ensure!(letter.contains("was released"), "{letter}");
    ensure!(!letter.contains("Dogwood"), "{letter}");
    world.desk(&["recipients", "link", &number, "--end"], "")?;
    let page = enter("Avery Dogwood", email)?;
    ensure!(
        page.text.contains("This link does not work"),
        "{}",
        page.text
    );
    Ok(())
}

/// 99-43-35(d): whoever was entered by an officer hears of the arrest, and of every later one.
pub(crate) fn booking_again(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Rowan")?;
    let sql = "INSERT INTO custody VALUES ('B40', 'P10', 'ROWAN, AVERY', 'PRISON', 'close', 'IN',
        '2026-06-01 09:00:00', NULL, NULL, NULL, NULL, NULL, NULL)";
    let drafts = world.drafts(&mut her, Code::Booked, sql)?;
    drafts.say("Avery Rowan was taken into custody. The place is Test State Prison")
}

/// A release that was no release is taken back to whoever was told.
pub(crate) fn correction_of_a_release(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Willow")?;
    let sql = "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'BOND'
        WHERE number = 'B15'";
    let drafts = world.drafts(&mut her, Code::Released, sql)?;
    world.carry(&drafts)?;
    let sql = "UPDATE custody SET status = 'IN', at = '2026-05-01 08:00:00', reason = NULL
        WHERE number = 'B15'";
    world.database.change(sql, [])?;
    let drafts = world.told(&mut her, Code::Correction)?;
    drafts.say("not so")?;
    drafts.say("in custody at Test County Jail")
}

/// Somebody is let go while a charge waits for a disposition, somebody else while another agency wants the
/// person: both are told, and the sheriff is asked about each; not about whoever has nothing open.
pub(crate) fn release_that_the_sheriff_is_asked_about(world: &mut World) -> anyhow::Result<()> {
    let mut her = world.about("Bramble")?;
    let free = |what: &str, number: &str| {
        format!(
            "UPDATE custody SET status = 'REL', at = '2026-06-01 09:00:00', reason = 'DROP', {what}
             WHERE number = '{number}'"
        )
    };
    // Three charges in one cell, of which one waits.
    let sql =
        "UPDATE custody SET charges = 'BURGLARY;THEFT;TRESPASS', outcomes = 'DISMISSED;;PENDING'
        WHERE number = 'B17'";
    world.database.change(sql, [])?;
    let sql = free("outcomes = 'DISMISSED;;DISMISSED'", "B17");
    let drafts = world.drafts(&mut her, Code::Released, &sql)?;
    drafts.say("the charges were dropped")?;
    let asked = |world: &World, note: &str| -> anyhow::Result<bool> {
        let filter = ["tasks", "list", "--kind", "release-check", "--json"];
        Ok(world.stage.hub.cli(&filter)?.contains(note))
    };
    let note = "1 of 3 charges have no disposition";
    world.until(|world| asked(world, note))?;
    let mut her = world.about("Clover")?;
    let wanted = "charges = 'ASSAULT', outcomes = 'DISMISSED', hold = 'HOLD FOR RANKIN CO'";
    world.drafts(&mut her, Code::Released, &free(wanted, "B18"))?;
    let note = "an agency that holds or wants the person";
    world.until(|world| asked(world, note))?;
    let filter = ["tasks", "list", "--kind", "release-check", "--json"];
    let tasks = world.stage.hub.cli(&filter)?;
    ensure!(tasks.lines().count() == 2, "{tasks}");
    Ok(())
}

/// 47-5-177: the sheriff of the county and the police chief of the city of conviction are told before the
/// state lets somebody go, each confirms, and neither learns who registered.
pub(crate) fn clause_47_5_177_agencies(world: &mut World) -> anyhow::Result<()> {
    let her = world.about("Yarrow")?;
    let person = world.person("Yarrow")?.to_string();
    let prison = "TEST-PRISON=Test State Prison";
    let kind = ["--new-facility", prison, "--kind", "state-prison"];
    let name = ["agency", "add", AGENCY, "--name", "Test County Sheriff"];
    world.stage.hub.cli(&[name.as_slice(), &kind].concat())?;
    let to = "sheriff@hinds.example";
    let add = ["recipients", "add", "--county", "Hinds", "--office"];
    world.desk(&[add.as_slice(), &["sheriff", "--email", to]].concat(), "")?;
    let chief = [
        "police-chief",
        "--city",
        "Jackson",
        "--letter",
        "327 E Pascagoula St, Jackson MS",
    ];
    world.desk(&[add.as_slice(), &chief].concat(), "")?;
    let place = ["--county", "Hinds", "--city", "Jackson"];
    world.desk(
        &[["recipients", "convicted", &person].as_slice(), &place].concat(),
        "",
    )?;
    let out_on = savin_tests::clock::wall() + SignedDuration::from_hours(24 * 20);
    let sql = "UPDATE custody SET out_on = ?1 WHERE number = 'B50'";
    world
        .database
        .change(sql, [out_on.strftime("%Y-%m-%d").to_string()])?;
    let letter = world.stage.mailbox.wait_for(to, 0, PATIENCE);
    let mail = letter.context("the sheriff was not told")?.text;
    ensure!(
        mail.contains("Avery Yarrow is to be released from Test State Prison on"),
        "{mail}"
    );
    ensure!(mail.contains("Miss. Code 47-5-177"), "{mail}");
    let mut letters = 0;
    for (line, notice) in offices(world)? {
        if line.contains("\"letter\"") {
            letters += 1;
            let text = world.stage.hub.cli(&["recipients", "letter", &notice])?;
            ensure!(
                text.starts_with("Police Chief of Jackson\n327 E Pascagoula St\n"),
                "{text}"
            );
            ensure!(!text.contains(&her.email), "{text}");
            world.desk(&["recipients", "posted", &notice], "")?;
            world.desk(&["recipients", "confirm", &notice], "")?;
        }
    }
    ensure!(letters == 1, "{letters} letters");
    confirm_by_link(world, &mail)?;
    ensure!(
        !mail.contains(&her.email) && !mail.contains(&her.id.to_string()),
        "{mail}"
    );
    let open = world
        .stage
        .hub
        .cli(&["recipients", "notices", "--open", "--json"])?;
    ensure!(open.is_empty(), "{open}");
    proves_each_offline(world)?;
    comes_to_whoever_is_on_duty(world, sql)
}

/// Each notice to an office as one file, checked where there is no hub; no changed byte passes.
fn proves_each_offline(world: &World) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let keys = world.stage.hub.cli(&["evidence", "key"])?;
    let key = keys.lines().next().context("no key")?;
    for (line, notice) in offices(world)? {
        let file = folder.path().join("office.evidence");
        let path = file.to_str().context("the folder's name is not UTF-8")?;
        let hub = &world.stage.hub;
        hub.cli(&["evidence", "export", &notice, "--output", path])?;
        let verify = ["evidence", "verify", path, "--key", key];
        let said = hub.cli(&verify)?;
        let by = if line.contains("\"letter\"") {
            [
                "Police Chief of Jackson, put on the list by desk",
                "told on",
            ]
        } else {
            [
                "Sheriff of Hinds County, put on the list by desk",
                "the link in its e-mail",
            ]
        };
        for part in by {
            ensure!(said.contains(part), "{part} is missing: {said}");
        }
        ensure!(
            said.contains("before the release that the event gives"),
            "{said}"
        );
        let whole = std::fs::read(&file)?;
        for place in (0..whole.len()).step_by(whole.len() / 20) {
            let mut changed = whole.clone();
            if let Some(byte) = changed.get_mut(place) {
                *byte ^= 1;
            }
            std::fs::write(&file, changed)?;
            ensure!(hub.cli(&verify).is_err(), "byte {place}");
        }
        std::fs::remove_file(&file)?;
    }
    Ok(())
}

/// Another day, and one for which it is too late: what a person has to post waits for nobody to find it.
fn comes_to_whoever_is_on_duty(world: &World, sql: &str) -> anyhow::Result<()> {
    let out_on = savin_tests::clock::wall() + SignedDuration::from_hours(24 * 10);
    world
        .database
        .change(sql, [out_on.strftime("%Y-%m-%d").to_string()])?;
    let told = world.stage.mailbox.wait_for(LEAD, 0, PATIENCE);
    let told = told.context("whoever is on duty was not told")?.text;
    ensure!(told.contains("to you as supervisor"), "{told}");
    for telling in ["Yarrow", "release", "prison", "Hinds", "agency"] {
        ensure!(
            !told.to_lowercase().contains(&telling.to_lowercase()),
            "{told}"
        );
    }
    let duty = world.stage.hub.cli(&["duty", "--json"])?;
    ensure!(duty.contains("\"name\":\"lead\""), "{duty}");
    Ok(())
}

/// Confirms a notice to an office by the button behind the link in its e-mail: opening it confirms nothing.
fn confirm_by_link(world: &World, mail: &str) -> anyhow::Result<()> {
    let link = mail
        .split_whitespace()
        .find(|word| word.contains("/office/seen/"));
    let link = link.context("the e-mail has no link")?;
    let (_, path) = link.split_at(link.find("/office/").unwrap_or_default());
    let visitor = Visitor::new(world.stage.hub.site());
    let open = ["recipients", "notices", "--open", "--json"];
    let page = visitor.open(path)?;
    ensure!(page.text.contains("I have read it"), "{}", page.text);
    ensure!(!page.text.contains("Yarrow"), "{}", page.text);
    ensure!(
        world.stage.hub.cli(&open)?.contains("\"email\""),
        "a look confirmed it"
    );
    let forged = format!("/office/seen/{}", "0".repeat(32));
    let page = visitor.send(&forged, &[])?;
    ensure!(
        page.text.contains("This link does not work"),
        "{}",
        page.text
    );
    ensure!(
        world.stage.hub.cli(&open)?.contains("\"email\""),
        "a forged link confirmed it"
    );
    for _ in 0..2 {
        let page = visitor.send(path, &[])?;
        ensure!(page.text.contains("Thank you"), "{}", page.text);
    }
    let all = offices(world)?;
    let by_link = all
        .iter()
        .filter(|(line, _)| line.contains("the link in its e-mail"));
    ensure!(by_link.count() == 1, "{all:?}");
    Ok(())
}

/// Returns the notices to offices, each as a line of JSON and its name.
fn offices(world: &World) -> anyhow::Result<Vec<(String, String)>> {
    let listed = world.stage.hub.cli(&["recipients", "notices", "--json"])?;
    listed
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let name = row.get("notice").and_then(serde_json::Value::as_str);
            let name = name.context("it has no name")?;
            Ok((line.to_owned(), name.to_owned()))
        })
        .collect()
}
