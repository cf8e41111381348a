//! The front's commands, each to what carries it out.

use super::command::{PortalAnswer, PortalCommand};
use super::{Vault, VaultError};

impl Vault {
    /// Carries out a command of the front.
    pub(super) fn portal(&self, command: PortalCommand) -> Result<PortalAnswer, VaultError> {
        match command {
            PortalCommand::BeginRegistration {
                contacts,
                wishes,
                choices,
            } => self.begin_registration(&contacts, wishes, choices),
            PortalCommand::Enter(entry) => self.enter(entry),
            PortalCommand::ConfirmRegistration { ticket, code } => {
                self.confirm_registration(ticket, code)
            }
            PortalCommand::BeginAccess { address, language } => {
                self.begin_access(&address, language)
            }
            PortalCommand::ConfirmAccess { ticket, code } => {
                self.confirm_access(ticket, code, None)
            }
            PortalCommand::ConfirmAccessByPin { ticket, code, pin } => {
                self.confirm_access(ticket, code, Some(&pin))
            }
            PortalCommand::View { session } => self.view(&session),
            PortalCommand::Change { session, choices } => self.change(&session, choices),
            PortalCommand::Follow { session, followed } => self.follow_more(&session, followed),
            PortalCommand::Stop { session, what, pin } => self.stop(&session, what, pin.as_ref()),
            PortalCommand::Keep { session } => self.keep(&session),
            PortalCommand::Leave { session } => self.leave(&session),
            PortalCommand::Reach { session, contact } => self.add_contact(&session, contact),
            PortalCommand::Prove {
                session,
                contact,
                code,
            } => self.prove_contact(&session, contact, code),
            PortalCommand::Seen { mark } => self.seen(mark),
            PortalCommand::SeenLetter { code } => self.seen_letter(code),
            PortalCommand::Care { session, care } => self.change_care(&session, care),
            PortalCommand::SetPin { session, pin } => self.change_pin(&session, &pin),
            PortalCommand::SetDuressPin { session, pin } => self.set_duress_pin(&session, pin),
            PortalCommand::Silence { mark } => self.silence(mark),
            PortalCommand::Resume { session, contact } => self.resume(&session, contact),
            PortalCommand::Prefer { session, contact } => self.prefer_contact(&session, contact),
            PortalCommand::Line { shown, command } => self.line(&shown, command),
            PortalCommand::Unreach { session, contact } => self.remove_contact(&session, contact),
        }
    }
}
