//! The doors through which registrants are told. Each carries one message at a time and knows no
//! more than carrying it needs.

pub mod draft;
pub mod email;
pub mod speech;
