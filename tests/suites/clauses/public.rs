//! Section 1(d) and (f) on the public web site.

use anyhow::{Context as _, ensure};
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
