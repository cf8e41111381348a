//! The values that both engines store: integers, texts, bytes and nothing.

use super::StoreError;

/// A value bound to a statement or read from a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A 64-bit integer: counts, codes, flags, microseconds since 1970 in UTC.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Binds a count, which no database holds beyond 2^63.
#[must_use]
pub fn count(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Lists the values of a statement.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$( $crate::store::value::Value::from($value) ),*] };
}

/// One row of an answer, read by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// Wraps the values of a row.
    #[must_use]
    pub const fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// Returns all its values.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// Returns an integer.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn integer(&self, place: usize) -> Result<i64, StoreError> {
        self.optional_integer(place)?
            .ok_or(StoreError::Damaged("an integer is missing"))
    }

    /// Returns an integer or nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn optional_integer(&self, place: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(place) {
            Some(Value::Integer(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_) | Value::Bytes(_)) | None => {
                Err(StoreError::Damaged("a value is no integer"))
            }
        }
    }

    /// Returns a count.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type or below zero.
    pub fn count(&self, place: usize) -> Result<u64, StoreError> {
        u64::try_from(self.integer(place)?).map_err(|_| StoreError::Damaged("a count is negative"))
    }

    /// Returns a flag.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn flag(&self, place: usize) -> Result<bool, StoreError> {
        Ok(self.integer(place)? != 0)
    }

    /// Returns a small code.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value that is none.
    pub fn code(&self, place: usize) -> Result<u8, StoreError> {
        u8::try_from(self.integer(place)?).map_err(|_| StoreError::Damaged("a code is too large"))
    }

    /// Returns a text.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn text(&self, place: usize) -> Result<&str, StoreError> {
        self.optional_text(place)?
            .ok_or(StoreError::Damaged("a text is missing"))
    }

    /// Returns a text or nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn optional_text(&self, place: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(place) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Integer(_) | Value::Bytes(_)) | None => {
                Err(StoreError::Damaged("a value is no text"))
            }
        }
    }

    /// Returns bytes.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn bytes(&self, place: usize) -> Result<&[u8], StoreError> {
        self.optional_bytes(place)?
            .ok_or(StoreError::Damaged("bytes are missing"))
    }

    /// Returns bytes or nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value of another type.
    pub fn optional_bytes(&self, place: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.0.get(place) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            Some(Value::Integer(_) | Value::Text(_)) | None => {
                Err(StoreError::Damaged("a value is no bytes"))
            }
        }
    }

    /// Returns a fixed number of bytes.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for another number of them.
    pub fn array<const N: usize>(&self, place: usize) -> Result<[u8; N], StoreError> {
        self.bytes(place)?
            .try_into()
            .map_err(|_| StoreError::Damaged("bytes have another length"))
    }

    /// Returns a time.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value that is none.
    pub fn time(&self, place: usize) -> Result<jiff::Timestamp, StoreError> {
        self.optional_time(place)?
            .ok_or(StoreError::Damaged("a time is missing"))
    }

    /// Returns a time or nothing.
    ///
    /// # Errors
    /// Returns [`StoreError::Damaged`] for a value that is none.
    pub fn optional_time(&self, place: usize) -> Result<Option<jiff::Timestamp>, StoreError> {
        self.optional_integer(place)?
            .map(jiff::Timestamp::from_microsecond)
            .transpose()
            .map_err(|_| StoreError::Damaged("a time does not exist"))
    }
}

/// Binds a time as microseconds.
#[must_use]
pub fn time(value: jiff::Timestamp) -> Value {
    Value::Integer(value.as_microsecond())
}

/// Binds a time that may be missing.
#[must_use]
pub fn optional_time(value: Option<jiff::Timestamp>) -> Value {
    value.map_or(Value::Null, time)
}
