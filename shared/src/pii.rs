//! Wrappers that keep personal data and secrets out of logs, errors and pages by accident.
//!
//! Neither type has `Display` or `Serialize`, and both print a placeholder with `Debug`. A form can
//! be read into them; the only way out is `reveal`, and the README lists every file that calls it.

use std::fmt;

use zeroize::Zeroize;

/// Personal data: a name, a birth date, a telephone number, an address.
///
/// ```compile_fail
/// // Personal data has no `Display`.
/// println!("{}", savin_shared::pii::Pii::new("Avery"));
/// ```
///
/// ```compile_fail
/// // Personal data has no `Serialize`.
/// fn serialised<T: serde::Serialize>(_: T) {}
/// serialised(savin_shared::pii::Pii::new("Avery"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps a value that must not be printed.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives access to the value. Every call site is listed in the README.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<personal>")
    }
}

/// A key, token or code: wiped when dropped and compared in constant time.
///
/// ```compile_fail
/// // A secret has no `Display`.
/// println!("{}", savin_shared::pii::Secret::new(String::from("4821")));
/// ```
#[derive(Clone, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives access to the secret. Every call site is listed in the README.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret>")
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_ref(), other.0.as_ref()).is_ok()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::{Pii, Secret};

    #[test]
    fn prints_a_placeholder_for_personal_data() {
        assert_eq!(format!("{:?}", Some(Pii::new("Avery"))), "Some(<personal>)");
    }

    #[test]
    fn prints_a_placeholder_for_a_secret() {
        assert_eq!(
            format!("{:?}", Secret::new(String::from("4821"))),
            "<secret>"
        );
    }

    #[test]
    fn compares_secrets_by_value() {
        assert_eq!(Secret::new(vec![1_u8, 2]), Secret::new(vec![1, 2]));
        assert_ne!(Secret::new(vec![1_u8, 2]), Secret::new(vec![1, 3]));
        assert_ne!(Secret::new(vec![1_u8, 2]), Secret::new(vec![1, 2, 3]));
    }
}
