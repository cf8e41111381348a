//! Section 1(d) and (f) on the public web site, and (d) on the telephone.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::tz::TimeZone;
use savin_hub::web::limit::Limits;
use savin_hub::web::voice::answer;
use savin_hub::web::{Lookup, Site};
use savin_shared::pii::Secret;
use savin_telephone::script::inbound::{Inbound, Scope};
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
        let mut script = Inbound::new(Language::English, Pace::Normal, Scope::LookUps);
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
    let nobody = dialled(&["1", "3", "9999999", ""]);
    ensure!(nobody.contains("does not mean"), "{nobody}");
    // Whoever wants to be told is connected with a person, who signs them up.
    let wish = dialled(&["1", "3", "784623", "", "3"]);
    ensure!(wish.contains("A person can help you"), "{wish}");
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
    Ok(())
}
