//! What is installed beside the programs is what the programs read.

use anyhow::Context as _;
use savin_packaging::{
    AGENT_CONFIG, AGENT_PROFILES, HUB_CONFIG, INSTALLED_AGENT_CONFIG, MAPPINGS, ODBC_CONFIG,
};
use savin_shared::ids::FacilityCode;

#[test]
fn the_example_configurations_are_read() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for (name, text) in AGENT_PROFILES {
        std::fs::write(folder.path().join(name), text)?;
    }
    let agent = folder.path().join("agent.toml");
    std::fs::write(&agent, AGENT_CONFIG)?;
    let config = savin_agent::config::Config::load(&agent)?;
    assert_eq!(config.feeds.len(), 2);

    std::fs::write(&agent, ODBC_CONFIG)?;
    let config = savin_agent::config::Config::load(&agent)?;
    assert_eq!(config.feeds.len(), 1);

    std::fs::write(&agent, INSTALLED_AGENT_CONFIG)?;
    let config = savin_agent::config::Config::load(&agent)?;
    assert_eq!(config.feeds.len(), 0);

    let hub = folder.path().join("hub.toml");
    std::fs::write(&hub, HUB_CONFIG)?;
    let config = savin_hub::config::Config::load(&hub, None)?;
    assert!(config.email.is_some());
    Ok(())
}

#[test]
fn every_mapping_is_a_profile_whose_examples_hold() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let facility = FacilityCode::new("MS-TEST-JAIL")?;
    let now = "2026-06-15T12:00:00Z".parse()?;
    for (name, text) in MAPPINGS {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        let profile = savin_agent::config::load_profile(&path).with_context(|| name.to_owned())?;
        assert!(!profile.examples.is_empty(), "{name} has no example");
        for example in &profile.examples {
            let found = example.run(&profile, &facility, now);
            assert!(
                found.is_empty(),
                "{name}, line {}: {found:#?}",
                example.line
            );
        }
    }
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/mappings");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(shipped)? {
        files.push(entry?.file_name().to_string_lossy().into_owned());
    }
    files.sort();
    assert_eq!(files, MAPPINGS.map(|(name, _)| name));
    Ok(())
}
