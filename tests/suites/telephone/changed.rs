//! T03: whoever holds her telephone and her PIN changes nothing behind her back. From the keys of the caller to the call
//! at her old number and the message in her mailbox.

use anyhow::{Context as _, ensure};
use savin_telephone::sip::call::News;
use savin_tests::clock::monotonic;
use savin_tests::home::HubOptions;
use savin_tests::mailbox::Mailbox;

use crate::line::{HERS, Line, OTHER};
use crate::place::{LOOK, PATIENCE};

const EMAIL: &str = "avery@example.test";
const CHANGED: &str = "The phone number that we call was changed.";

#[test]
fn a_changed_number_is_told_at_the_old_one_and_by_mail_and_can_be_taken_back() -> anyhow::Result<()>
{
    let mailbox = Mailbox::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(change(&mailbox))
}

async fn change(mailbox: &Mailbox) -> anyhow::Result<()> {
    let options = HubOptions {
        mail_port: Some(mailbox.port()),
        ..HubOptions::default()
    };
    let mut line = Line::begin_with(&options).await?;
    register(&line).await?;
    let keys = ["4", HERS.0, "4821#", "3", OTHER.0, "1"];
    let phone = line.call(&keys, "we call your old number too").await?;
    phone.hang_up();
    let code = line.code(OTHER.1).await?;
    let proving = format!("{code}#");
    let phone = line
        .call(&["5", OTHER.0, &proving], "From now on we tell you")
        .await?;
    phone.hang_up();
    let mut old = line.rung(HERS.1).await?;
    line.press(&old, &["1"], CHANGED).await?;
    line.press(&old, &[], "If it was not you, press 0 now")
        .await?;
    let over = async { while !matches!(old.next().await, News::Ended(_)) {} };
    tokio::time::timeout(PATIENCE, over)
        .await
        .context("the call goes on")?;
    let letter = mailbox.wait_for(EMAIL, 0, PATIENCE);
    let letter = letter.context("no message came")?;
    ensure!(letter.text.contains(CHANGED), "{}", letter.text);
    ensure!(letter.text.contains("press 4, and then press 8"));
    let deadline = monotonic() + PATIENCE;
    loop {
        let notices = line.notices()?;
        let of_it = notices.iter().filter(|one| one["event"] == "change-number");
        let told = of_it.clone().filter(|one| one["state"] == "accepted");
        if told.count() == 2 {
            ensure!(of_it.count() == 2, "{notices:?}");
            break;
        }
        ensure!(monotonic() < deadline, "{notices:?}");
        tokio::time::sleep(LOOK).await;
    }
    // Whoever has the old telephone takes it back.
    let phone = line
        .call(&["4", HERS.0, "4821#", "8"], "We go on telling you.")
        .await?;
    phone.hang_up();
    let shown = line
        .stage
        .hub
        .cli(&["contacts", "list", &registrant(&line)?, "--json"])?;
    ensure!(shown.matches("\"ends_at\":null").count() == 3, "{shown}");
    settings(&mut line, mailbox).await?;
    line.end(&["4821", "9173", &code, EMAIL]).await
}

/// Chooses by keys what a machine hears, and a PIN for when somebody makes her enter one; then somebody does.
async fn settings(line: &mut Line, mailbox: &Mailbox) -> anyhow::Result<()> {
    let keys = ["4", HERS.0, "4821#", "5", "4", "3"];
    let phone = line
        .call(&keys, "on an answering machine, and nothing else.")
        .await?;
    line.press(&phone, &["1"], "For your safety we tell you so")
        .await?;
    line.press(
        &phone,
        &["5", "5", "9173#", "9173#"],
        "Tell nobody that you have it",
    )
    .await?;
    phone.hang_up();
    let letter = mailbox.wait_for(EMAIL, 1, PATIENCE);
    let letter = letter.context("no message came")?;
    ensure!(
        letter.text.contains("what we leave on a machine"),
        "{}",
        letter.text
    );
    line.rung_both().await?;
    line.stage.county.release("A-1001", "BOND")?;
    let call = line.rung(OTHER.1).await?;
    line.press(&call, &["9173#"], "There is nothing new.")
        .await?;
    let phone = line
        .call(
            &["4", OTHER.0, "9173#", "1"],
            "asked us to tell you about nobody",
        )
        .await?;
    phone.hang_up();
    let work = line
        .stage
        .hub
        .cli(&["tasks", "--kind", "by-hand", "--json"])?;
    ensure!(work.contains("somebody makes her do it"), "{work}");
    let notices = line.notices()?;
    ensure!(
        notices.iter().all(|one| one["state"] != "confirmed"),
        "{notices:?}"
    );
    Ok(())
}

/// Registers somebody by telephone and by e-mail, as staff does; the jail's first list has to be known.
async fn register(line: &Line) -> anyhow::Result<()> {
    let ways = ["--by", "email", "--by", "telephone", "--pin"];
    let register = [&["register", "--person", "Tansy Quillfeather"][..], &ways].concat();
    let answers = format!("{EMAIL}\n{}\n4821\n", HERS.0.trim_end_matches('#'));
    let deadline = monotonic() + PATIENCE;
    while let Err(failure) = line.stage.hub.cli_with(&register, &answers) {
        ensure!(monotonic() < deadline, "{failure:#}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn registrant(line: &Line) -> anyhow::Result<String> {
    let notices = line.notices()?;
    let first = notices.first().context("no notice")?;
    let pseudonym = first["registrant"].as_str().context("a pseudonym")?;
    Ok(pseudonym.to_owned())
}
