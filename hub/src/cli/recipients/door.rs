//! `recipients link`: the link by which an office enters victims without their request (Miss. Code 99-43-35(d)).

use clap::Args;
use serde_json::json;

use crate::app;
use crate::cli::output::Output;
use crate::cli::signing::SignAs;
use crate::config::Config;
use crate::notification::office_door::DoorToken;
use crate::store::registry::recipient::{self, RecipientId};
use crate::store::registry::{decision, office_door};

/// An office's link.
#[derive(Debug, Args)]
pub(crate) struct Link {
    /// The office's number in the list.
    number: i64,
    /// End it, and give no other.
    #[arg(long)]
    end: bool,
    #[command(flatten)]
    by: SignAs,
}

impl Link {
    pub(crate) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let signer = self.by.signer(config)?;
        let world = app::world();
        let now = (world.wall)();
        let (office, ends) = (RecipientId(self.number), self.end);
        let token = DoorToken::new((world.random)());
        let link = format!("{}{}", config.web.url.trim_end_matches('/'), token.path());
        let choice = if ends { "end" } else { "give" };
        let subject = format!("recipient/{}", office.0);
        let signed = signer.sign("recipient-link", &subject, choice, "", now)?;
        let title = app::open_registry(config)?.write_now("office door", move |tx| {
            let decision = decision::record(tx, &signed)?;
            if ends {
                office_door::end(tx, office, now)?;
            } else {
                office_door::give(tx, office, &token, decision, now)?;
            }
            let row = recipient::load(tx, office)?;
            Ok(row.office.title(&row.place))
        })?;
        if output.is_json() {
            let link = (!ends).then_some(link);
            return output.object(&json!({ "recipient": office.0, "title": title, "link": link }));
        }
        if ends {
            return output.line(&format!("The {title} has no link any more."));
        }
        output.line(&format!(
            "{link}\nGive it to the {title} by a safe way: whoever has it can enter a victim. It is not shown \
             again, and a new one ends it."
        ))
    }
}
