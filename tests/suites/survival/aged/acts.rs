//! What people do in the course of a week: staff takes back, enrols and revokes; somebody moves.

use anyhow::{Context as _, bail, ensure};
use savin_hub::ids::ContactId;
use savin_hub::notification::address::EmailAddress;
use savin_hub::notification::contact::Contact;
use savin_hub::vault::Vault;
use savin_hub::vault::command::{Answer, Command, PortalAnswer, PortalCommand, Ticket};
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;
use savin_tests::home::AgentHome;
use savin_tests::stage::AGENCY;
use serde_json::Value;

use super::{MOVED, Week, Who, address, letters_to, told};

impl Week {
    /// Looks at whose word is taken.
    pub(super) fn speaks(&self) -> anyhow::Result<()> {
        let agents = self.agents()?;
        let states = agents
            .iter()
            .filter_map(|agent| agent.get("state")?.as_str());
        let mut states: Vec<_> = states.collect();
        states.sort_unstable();
        // Who was enrolled since, a registry that cannot be read does not say.
        let active = if self.story.is_wrecked { 1 } else { 2 };
        let expected = [vec!["active"; active], vec!["revoked"]].concat();
        ensure!(states == expected, "{agents:?}");
        Ok(())
    }

    pub(super) fn agents(&self) -> anyhow::Result<Vec<Value>> {
        let agents = self.stage.hub.cli(&["--json", "agents"])?;
        let agents = agents.lines().map(serde_json::from_str);
        Ok(agents.collect::<Result<_, _>>()?)
    }

    /// Enrols a further agent, which never runs.
    pub(super) fn enrol(&self, name: &str) -> anyhow::Result<()> {
        let home = AgentHome::make(&self.story.folder.join(name), &self.story.programs, &[])?;
        home.enroll(&self.stage.hub.token(AGENCY)?)
    }

    /// Takes the word of the one that was enrolled first after the one that runs no more.
    pub(super) fn revoke(&self) -> anyhow::Result<()> {
        let agents = self.agents()?;
        let silent = agents
            .iter()
            .find(|agent| agent.get("heard_at") == Some(&Value::Null));
        let name = silent.and_then(|agent| agent.get("agent")?.as_str());
        let revoke = ["agents", "--revoke", name.context("nobody to revoke")?];
        self.stage.hub.cli(&revoke).map(|_| ())
    }

    /// Has staff take back the release of which somebody was told.
    pub(super) fn correct(&self, who: Who) -> anyhow::Result<()> {
        let known = letters_to(&self.stage, who.1).len();
        let person = self.person(who)?;
        let mut tail = self.stage.tail()?;
        let mut events = tail.fresh()?.into_iter();
        let wrong =
            events.find(|known| known.person == person && known.code == EventCode::Released);
        let position = wrong.context("no release")?.position.0.to_string();
        let correct = [
            "correct",
            &position,
            "--reason",
            "another",
            "--as",
            &self.story.key,
        ];
        self.stage.hub.cli(&correct)?;
        told(&self.stage, who.1, known).map(|_| ())
    }

    /// Has somebody give another address and take the first one away.
    pub(super) fn moves(&self, who: Who) -> anyhow::Result<()> {
        let (vault, session) = (self.vault()?, self.session(who)?);
        let [old] = self
            .contacts(&vault, &session)?
            .try_into()
            .ok()
            .context("one")?;
        let reach = PortalCommand::Reach {
            session: session.clone(),
            contact: Contact::Email(EmailAddress::parse(&address(MOVED))?),
        };
        vault.handle(Command::Portal(reach))?;
        let code = told(&self.stage, MOVED, 0)?.code().context("no code")?;
        let contacts = self.contacts(&vault, &session)?;
        let new = contacts.into_iter().find(|contact| *contact != old);
        let contact = new.context("no further address")?;
        let (code, first) = (Secret::new(code), session.clone());
        for command in [
            PortalCommand::Prove {
                session: session.clone(),
                contact,
                code,
            },
            PortalCommand::Prefer {
                session: first,
                contact,
            },
            PortalCommand::Unreach {
                session,
                contact: old,
            },
        ] {
            let answer = vault.handle(Command::Portal(command))?;
            ensure!(
                matches!(answer, Answer::Portal(PortalAnswer::Done)),
                "{answer:?}"
            );
        }
        Ok(())
    }

    fn contacts(&self, vault: &Vault, session: &Ticket) -> anyhow::Result<Vec<ContactId>> {
        let session = session.clone();
        let view = vault.handle(Command::Portal(PortalCommand::View { session }))?;
        let Answer::Portal(PortalAnswer::View(view)) = view else {
            bail!("{view:?}");
        };
        Ok(view.contacts.iter().map(|shown| shown.contact).collect())
    }
}
