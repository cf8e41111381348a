//! The public pages in Chromium: with and without JavaScript, at three widths, in both languages,
//! and what every answer carries.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::mailbox::Mailbox;
use savin_tests::program::{Programs, run};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);
const WHO: &str = "Quillfeather";

/// Sets the stage with one person on the jail's list; whoever leaves the site goes to a page of
/// another server.
fn set(folder: &Path, elsewhere: &str) -> anyhow::Result<Stage> {
    let feed = FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: include_str!("../demo/catalpa-roster.toml").to_owned(),
        source: SourceHome::Folder("lists"),
    };
    let options = HubOptions {
        leave_url: Some(elsewhere.to_owned()),
        ..HubOptions::default()
    };
    let programs = Programs::Together(Path::new(env!("CARGO_BIN_EXE_savin-demo")).to_owned());
    let stage = Stage::set(folder, &programs, options, &[feed])?;
    let header = [
        "BookingNumber",
        "InmateNumber",
        "InmateName",
        "Housing",
        "BookedOn",
    ];
    let row = [
        "B1",
        "1",
        "QUILLFEATHER, TANSY",
        "A-1",
        "2026-06-01 08:00:00",
    ];
    let lists = ExportFolder::new(stage.agent.folder().join("lists"));
    let at = lists.put("list.csv", &csv(&header, [row])?)?;
    Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
    Ok(stage)
}

/// Puts a sheriff on the list and returns the path behind the link to the office's page.
fn office_link(stage: &Stage, folder: &Path) -> anyhow::Result<String> {
    let key = folder.join("lead.key");
    let key = key.to_str().context("the folder's name is not UTF-8")?;
    let add = ["staff", "add", "lead", "--role", "admin", "--output", key];
    stage.hub.cli(&add)?;
    let sheriff = [
        "recipients",
        "add",
        "--county",
        "Hinds",
        "--office",
        "sheriff",
    ];
    let to = ["--email", "so@hinds.example", "--as", key];
    stage.hub.cli(&[sheriff.as_slice(), &to].concat())?;
    let given = stage.hub.cli(&["recipients", "link", "1", "--as", key])?;
    let start = given.find("/office/").context("no link")?;
    let path = given.split_at(start).1.split_whitespace().next();
    Ok(path.unwrap_or_default().to_owned())
}

/// Tells a story in a browser, and then looks at what came of it in the hub. Returns how many pages were looked at.
fn tell(
    story: &str,
    has_javascript: bool,
    look: fn(&Stage) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let folder = tempfile::tempdir()?;
    let elsewhere = Mailbox::start()?;
    let elsewhere = format!("http://{}/", elsewhere.show(([127, 0, 0, 1], 0).into())?);
    let stage = set(folder.path(), &elsewhere)?;
    let office = office_link(&stage, folder.path())?;
    let mailbox = stage.mailbox.show(([127, 0, 0, 1], 0).into())?;
    let kind = if has_javascript { "script" } else { "plain" };
    let screens = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("site")
        .join(format!("{story}-{kind}"));
    std::fs::create_dir_all(&screens)?;
    let settings = json!({
        "site": stage.hub.site(),
        "mailbox": format!("http://{mailbox}/"),
        "elsewhere": elsewhere,
        "who": WHO,
        "email": "tansy.friend@home.example",
        "office": office,
        "javascript": has_javascript,
        "screens": screens,
    });
    let mut node = Command::new("node");
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("site");
    node.arg(site.join(story).with_extension("mjs"));
    node.arg(settings.to_string());
    let printed = run(node)?;
    look(&stage)?;
    stage.strike()?;
    Ok(printed.lines().count())
}

#[test]
fn every_page_works_without_javascript() -> anyhow::Result<()> {
    assert_eq!(tell("journey", false, |_| Ok(()))?, 44);
    Ok(())
}

#[test]
fn every_page_is_accessible_and_light() -> anyhow::Result<()> {
    assert_eq!(tell("journey", true, |_| Ok(()))?, 44);
    Ok(())
}

#[test]
fn a_pin_that_she_was_made_to_enter_shows_and_stops_nothing_and_a_person_learns_of_it()
-> anyhow::Result<()> {
    let look = |stage: &Stage| {
        let work = stage.hub.cli(&["tasks", "--kind", "by-hand", "--json"])?;
        ensure!(
            work.contains("where her page asks for it to stop"),
            "{work}"
        );
        let notices = stage.hub.cli(&["notices"])?;
        // Of what she stopped by her own PIN, and of nothing else.
        ensure!(notices.matches("change-").count() == 1, "{notices}");
        Ok(())
    };
    assert_eq!(tell("duress", true, look)?, 2);
    Ok(())
}

#[test]
fn nothing_is_kept_and_nothing_is_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stage = set(folder.path(), "http://127.0.0.1:9/")?;
    let visitor = Visitor::new(stage.hub.site());
    let found = visitor.look_up(WHO)?;
    let person = found.first().context("nobody is listed")?;
    let register = format!("{person}/register");
    for path in [
        "/",
        person,
        &register,
        "/manage",
        "/leave",
        "/nowhere",
        "/person/1",
    ] {
        let page = visitor.open(path)?;
        let header = |name: &str| page.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-robots-tag"), "noindex", "{path}");
        ensure!(
            header("content-security-policy").contains("default-src 'none'"),
            "{path}"
        );
        ensure!(page.header("set-cookie").is_none(), "{path} sets a cookie");
    }
    let left = visitor.open("/leave")?;
    assert_eq!(
        (left.status, left.header("location")),
        (303, Some("http://127.0.0.1:9/"))
    );
    ensure!(
        left.header("clear-site-data")
            .is_some_and(|value| value.contains("storage"))
    );

    // A stranger is answered as a registrant is: the same page, word for word, but for the ticket.
    let ask = |email: &str| -> anyhow::Result<String> {
        let page = visitor.send("/manage", &[("email", email)])?;
        ensure!(page.status == 200, "{}", page.status);
        Ok(page.text.replace(&page.field("ticket")?, "TICKET"))
    };
    let found = person.trim_start_matches("/person/").parse()?;
    stage.register("known@home.example", found)?;
    assert_eq!(ask("known@home.example")?, ask("stranger@home.example")?);
    ensure!(
        stage
            .mailbox
            .wait_for("known@home.example", 0, PATIENCE)
            .is_some(),
        "no code came"
    );
    ensure!(
        stage
            .mailbox
            .letters()
            .iter()
            .all(|letter| letter.to == "known@home.example"),
        "a stranger got a letter"
    );
    stage.strike()
}
