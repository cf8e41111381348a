//! A row that rots in the registry: found by adding up, sent again, and told to nobody.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::intake::repair::standing;
use savin_hub::store::Store;
use savin_hub::store::registry::expunged::OrderKey;
use savin_hub::store::registry::{agent, event};
use savin_tests::engine::Engine;
use savin_tests::home::{FeedHome, HubOptions, SourceHome};
use savin_tests::source::{ExportFolder, csv};
use savin_tests::stage::{FACILITY, Stage};
use savin_tests::standing::Standing;
use savin_tests::visitor::Visitor;

use crate::programs;

/// Nothing was expunged, so that any key does.
const NOTHING: OrderKey = OrderKey::new([0; 32]);

const PATIENCE: Duration = Duration::from_secs(60);

/// People in the jail.
const LISTED: usize = 300;

fn feeds() -> [FeedHome; 1] {
    [FeedHome {
        name: "roster",
        facility: FACILITY,
        profile: include_str!("../../demo/catalpa-roster.toml").to_owned(),
        source: SourceHome::Folder("lists"),
    }]
}

/// Makes one row wrong behind the hub's back: in the mirror, and in what is known of the person.
fn rot(store: &Store) -> anyhow::Result<()> {
    store.write_now("rot", |tx| {
        tx.execute(
            "UPDATE listing SET row_hash = $1 WHERE number = 'B7'",
            &[vec![9_u8; 32].into()],
        )?;
        tx.execute(
            "UPDATE record_version SET body = replace(body, 'SAMPLE7', 'ROTTEN7')",
            &[],
        )
    })?;
    Ok(())
}

#[test]
fn a_row_that_rots_is_found_and_sent_again_and_told_to_nobody() -> anyhow::Result<()> {
    for engine in Engine::both()? {
        let folder = tempfile::tempdir()?;
        let options = HubOptions {
            store: engine.url(),
            ..HubOptions::default()
        };
        let mut stage = Stage::set(folder.path(), &programs(), options, &feeds())?;
        let header = [
            "BookingNumber",
            "InmateNumber",
            "InmateName",
            "Housing",
            "BookedOn",
        ];
        let rows = (0..LISTED).map(|number| {
            [
                format!("B{number}"),
                format!("{number}"),
                format!("SAMPLE{number}, AVERY"),
                "A-1".to_owned(),
                "2026-06-01 08:00:00".to_owned(),
            ]
        });
        let lists = ExportFolder::new(stage.agent.folder().join("lists"));
        let at = lists.put("list.csv", &csv(&header, rows)?)?;
        let before = Standing::settled(&stage.agent, "roster", at, PATIENCE)?;
        let visitor = Visitor::new(stage.hub.site());
        let found = visitor.look_up("SAMPLE7")?;
        let path = found.first().context("nobody is listed")?;
        let person = path.trim_start_matches("/person/").parse()?;
        stage.register("ada@home.example", person)?;

        let store = stage.hub.registry()?;
        rot(&store)?;
        ensure!(
            visitor.look_up("SAMPLE7")?.is_empty(),
            "nothing is wrong yet"
        );
        let ended = stage.watching.stop()?;
        ensure!(ended.success(), "the agent ended with {ended}");
        stage.watching = stage.agent.start()?;
        stage.serving.wait_for("Repaired the mirror", PATIENCE)?;

        ensure!(
            visitor.look_up("SAMPLE7")?.len() == 1,
            "it is not set right"
        );
        let log = stage.serving.log();
        ensure!(
            !log.contains("Applied a full state"),
            "everything was sent:\n{log}"
        );
        let listed = store.read_now("listed", |tx| {
            let agents = agent::all(tx)?;
            let agent = agents.first().map(|agent| agent.agent);
            agent.map_or(Ok(None), |agent| standing(tx, agent, &NOTHING))
        })?;
        let (position, digest) = listed.context("no agent")?;
        ensure!(position == before.end, "deltas were sent for it");
        ensure!(digest.root() == before.digest, "the mirror differs");
        let events = store.read_now("events", event::count_by_code)?;
        ensure!(events.is_empty(), "{events:?}");
        ensure!(stage.mailbox.letters().is_empty(), "somebody was told");
        stage.strike()?;
    }
    Ok(())
}
