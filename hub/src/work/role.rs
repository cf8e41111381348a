//! Who may decide what.

use std::fmt;

use thiserror::Error;

/// Bytes of the longest name of a member of staff.
const NAME_BYTES_MAX: usize = 64;

/// What a member of staff may do; each may do what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads everything and decides nothing.
    Auditor,
    /// Works on tasks.
    Operator,
    /// Decides what reaches many, and hands tasks to others.
    Supervisor,
    /// Changes who is staff, and the rules.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Auditor, Self::Operator, Self::Supervisor, Self::Admin];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }

    /// Returns the role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Returns the least role that may make a decision of a kind. One that is not named here reaches
    /// further than one task.
    #[must_use]
    pub fn least_for(kind: &str) -> Self {
        match kind {
            "task-claim" | "task-done" | "import" | "person-merge" | "person-split"
            | "case-attach" | "case-detach" | "contact-open" | "contact-prove" | "notice-told"
            | "notice-tried" | "letter-scanned" | "letter-confirmed" | "conviction"
            | "office-told" | "office-confirmed" => Self::Operator,
            "staff-add" | "staff-remove" | "rules-adopt" | "clocks-adopt" => Self::Admin,
            _ => Self::Supervisor,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Checks the name of a member of staff, which stands in every decision, task and log.
///
/// # Errors
/// Returns [`NameError`] for one that could be mistaken or misread.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(is_plain) {
        return Err(NameError);
    }
    Ok(())
}

/// A name is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a name of staff is 1 to 64 letters, digits, dots, hyphens, underscores or @")]
pub struct NameError;

#[cfg(test)]
mod tests {
    use super::{Role, check_name};

    #[test]
    fn ranks_roles_and_reads_them_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert!(Role::Auditor < Role::least_for("task-done"));
        assert!(Role::Operator < Role::least_for("correction"));
        assert_eq!(Role::least_for("of another part"), Role::Supervisor);
        assert_eq!(Role::least_for("rules-adopt"), Role::Admin);
    }

    #[test]
    fn takes_names_that_cannot_be_misread() {
        assert!(check_name("j.sample").is_ok());
        for name in ["", "a b", "a\nb", "а", &"a".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
