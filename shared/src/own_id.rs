//! Identifiers of 128 bits that our own programs make, for every crate of the workspace.

/// Defines an identifier of 128 bits that our own programs made.
#[macro_export]
macro_rules! own_id {
    ($( $(#[$meta:meta])* $name:ident ),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            $crate::serde::Serialize,
            $crate::serde::Deserialize,
        )]
        #[serde(crate = "savin_shared::serde", from = "[u8; 16]", into = "[u8; 16]")]
        pub struct $name($crate::uuid::Uuid);

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        }

        impl From<$name> for [u8; 16] {
            fn from(id: $name) -> Self {
                *id.as_bytes()
            }
        }

        impl $name {
            /// Wraps 128 bits.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self($crate::uuid::Uuid::from_bytes(bytes))
            }

            /// Reads 128 bits, or returns `None` when the slice is not 16 bytes long.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_bytes)
            }

            /// Returns the 128 bits.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::IdError;

            fn from_str(text: &str) -> Result<Self, $crate::ids::IdError> {
                $crate::uuid::Uuid::parse_str(text.trim())
                    .map(Self)
                    .map_err(|_| $crate::ids::IdError::NotOurs)
            }
        }
    )+ };
}
