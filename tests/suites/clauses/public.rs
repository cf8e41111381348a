//! Section 1(d) and (f) on the public web site, and (d) on the telephone.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::tz::TimeZone;
use savin_hub::web::limit::Limits;
use savin_hub::web::voice::answer;
use savin_hub::web::{Lookup, Site};
use savin_shared::pii::Secret;
use savin_telephone::script::inbound::Inbound;
use savin_telephone::script::pace::Pace;
use savin_telephone::script::speech::Language;
use savin_telephone::script::{Answerer, Digits, Effect, Event, Script as _};
use savin_telephone::voice::grammar;
use savin_tests::visitor::{Visitor, Wish};

use crate::world::{PATIENCE, World};

/// The latest status of anybody in MDOC, a county jail or the sex offender registry.
pub(crate) fn clause_1_d_latest_status(world: &mut World) -> anyhow::Result<()> {
    let visitor = Visitor::new(world.stage.hub.site());
    let status = |who: &str| -> anyhow::Result<String> {
        let found = visitor.look_up(who)?;
        let path = found
            .first()
            .with_context(|| format!("{who} is not found"))?;
        visitor.open(path)?.status()
    };
    let held = status("Quince")?;
    ensure!(held.contains("In custody at Test County Jail"), "{held}");
    // Up to when it is so comes with the agent's next heartbeat.
    world.until(|_| Ok(status("Quince")?.contains("As of ")))?;
    // The Department of Corrections' own.
    let yarrow = status("Yarrow")?;
    ensure!(
        yarrow.contains("In custody at Test State Prison"),
        "{yarrow}"
    );
    let dahlia = status("Dahlia")?;
    ensure!(dahlia.contains("sex offender registry"), "{dahlia}");
    let cedar = status("Cedar")?;
    ensure!(cedar.contains("Under supervision: probation"), "{cedar}");
    Ok(())
}

/// The same by the toll-free number: the surname spelled on the keys, and what is answered from the hub's
/// own registry, with its "as of" and how sure it is.
pub(crate) fn clause_1_d_latest_status_by_telephone(world: &mut World) -> anyhow::Result<()> {
    let site = Site {
        url: world.stage.hub.site().to_owned(),
        phone: "1-800-555-0100".to_owned(),
        leave_url: "https://weather.example".to_owned(),
        zone: TimeZone::UTC,
        world: savin_hub::app::world(),
        limits: Limits::new(Vec::new()),
    };
    let lookup = Lookup {
        site: Arc::new(site),
        registry: world.stage.hub.registry()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let dialled = |keys: &[&str]| {
        let mut script = Inbound::new(Language::English, Pace::Normal);
        let mut effects = script.handle(Event::Answered(Answerer::Person));
        let mut said = Vec::new();
        for keys in keys {
            effects = script.handle(Event::Digits(Digits {
                keys: Secret::new((*keys).to_owned()),
                played: usize::MAX,
            }));
            if let Some(Effect::Query(query)) = effects.last() {
                let reply = runtime.block_on(answer(&lookup, query.clone()));
                effects = script.handle(Event::Replied(reply));
            }
        }
        for effect in effects {
            if let Effect::Play(play) = effect {
                said.push(grammar::text(&play));
            }
        }
        said.join(" ")
    };
    // Where a person is now; by spelling; Q-U-I-N-C-E; any given name.
    let held = dialled(&["1", "3", "784623", ""]);
    for part in ["Quince", "In custody at Test County Jail", "How sure"] {
        ensure!(held.contains(part), "{part} is missing: {held}");
    }
    // Up to when it is so comes with the agent's next heartbeat.
    world.until(|_| Ok(dialled(&["1", "3", "784623", ""]).contains("As of ")))?;
    // C-E-D-A-R
    let cedar = dialled(&["1", "3", "23327", ""]);
    ensure!(cedar.contains("Under supervision: probation"), "{cedar}");
    // Y-A-R-R-O-W and D-A-H-L-I-A: the Department of Corrections' and the sex offender registry's.
    let yarrow = dialled(&["1", "3", "927769", ""]);
    ensure!(
        yarrow.contains("In custody at Test State Prison"),
        "{yarrow}"
    );
    let dahlia = dialled(&["1", "3", "324542", ""]);
    ensure!(dahlia.contains("sex offender registry"), "{dahlia}");
    let nobody = dialled(&["1", "3", "9999999", ""]);
    ensure!(nobody.contains("does not mean"), "{nobody}");
    // Whoever wants to be told goes on from there: that is proved from dialling to the row with the telephone.
    let wish = dialled(&["1", "3", "784623", "", "3"]);
    ensure!(
        wish.contains("Enter the number that we should call"),
        "{wish}"
    );
    Ok(())
}

/// Registering and updating, with a code that proves the address.
pub(crate) fn clause_1_f_register_and_update(world: &mut World) -> anyhow::Result<()> {
    let visitor = Visitor::new(world.stage.hub.site());
    let mailbox = &world.stage.mailbox;
    let wish = Wish {
        email: "herself@home.example",
        level: "discreet",
        language: "en",
    };
    visitor.register("Quince", wish, mailbox)?;
    let page = visitor.send("/manage", &[("email", wish.email)])?;
    let letter = mailbox.wait_for(wish.email, 1, PATIENCE);
    let code = letter.and_then(|letter| letter.code()).context("no code")?;
    let ticket = page.field("ticket")?;
    let page = visitor.send("/manage/confirm", &[("ticket", &ticket), ("code", &code)])?;
    let session = page.field("session")?;
    let change = [
        ("session", session.as_str()),
        ("level", "full"),
        ("language", "es"),
    ];
    let page = visitor.send("/manage/change", &change)?;
    ensure!(page.text.contains("Saved."), "{}", page.text);
    let reach = [("session", session.as_str()), ("telephone", "601 555 0199")];
    let page = visitor.send("/manage/reach", &reach)?;
    ensure!(page.text.contains("By telephone at •••99"), "{}", page.text);
    // 99-47-1: the Attorney General's substitute address is taken as any other, alone.
    let substitute = [
        ("session", session.as_str()),
        ("name", "A. Sample"),
        ("street", "PO Box 220"),
        ("city", "Jackson"),
        ("state", "MS"),
        ("zip", "39205"),
    ];
    let page = visitor.send("/manage/reach", &substitute)?;
    ensure!(page.text.contains("P•••, MS"), "{}", page.text);
    Ok(())
}

/// By the number of an order that she asked for, about somebody whom no list has: signed up for on the web,
/// with a court case that she adds afterwards.
pub(crate) fn clause_1_f_register_by_the_number_of_an_order(
    world: &mut World,
) -> anyhow::Result<()> {
    let visitor = Visitor::new(world.stage.hub.site());
    let mailbox = &world.stage.mailbox;
    let email = "petitioner@home.example";
    let form = [
        ("email", email),
        ("level", "full"),
        ("language", "en"),
        ("order-number", "26-PO-41"),
        ("order-court", ""),
    ];
    let page = visitor.send("/register", &form)?;
    ensure!(
        page.text.contains("Type the name of the court too"),
        "{}",
        page.text
    );
    let page = visitor.send("/register", &form[..3])?;
    ensure!(
        page.text.contains("Type the number of a protective order"),
        "{}",
        page.text
    );
    let form = [&form[..4], &[("order-court", "Hinds County Court")]].concat();
    visitor.sign_up("/register", &form, mailbox)?;
    let sql =
        "INSERT INTO orders VALUES ('26PO41', 'P41', 'FENNEL, AVERY', 'County Court of Hinds',
        'SRV', '2026-06-02 09:00:00', NULL)";
    world.database.change(sql, [])?;
    let letter = mailbox
        .wait_for(email, 1, PATIENCE)
        .context("no notice came")?;
    let told = "The protective order that you asked for was served on Avery Fennel";
    ensure!(letter.text.contains(told), "{}", letter.text);

    let page = visitor.send("/manage", &[("email", email)])?;
    let letter = mailbox.wait_for(email, 2, PATIENCE);
    let code = letter.and_then(|letter| letter.code()).context("no code")?;
    let ticket = page.field("ticket")?;
    let page = visitor.send("/manage/confirm", &[("ticket", &ticket), ("code", &code)])?;
    ensure!(
        page.text.contains("the order with the number •••O41"),
        "{}",
        page.text
    );
    let session = page.field("session")?;
    let follow = [
        ("session", session.as_str()),
        ("case-number", "26-CR-41"),
        ("case-court", "Circuit Court"),
    ];
    let page = visitor.send("/manage/follow", &follow)?;
    ensure!(
        page.text.contains("the case with the number •••R41"),
        "{}",
        page.text
    );
    let sql = "INSERT INTO court VALUES ('E41', 'P41', 'FENNEL, AVERY', '26CR41', 'Circuit Court',
        'Sentencing', '2027-03-02 09:00:00', 'SET')";
    world.database.change(sql, [])?;
    let letter = mailbox
        .wait_for(email, 3, PATIENCE)
        .context("no notice came")?;
    let told = "A court date for Avery Fennel was set: Sentencing";
    ensure!(letter.text.contains(told), "{}", letter.text);
    Ok(())
}
