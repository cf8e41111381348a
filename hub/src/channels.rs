//! The doors through which registrants are told. Each carries one message at a time and knows no
//! more than carrying it needs. Offices that the law has told have a door of their own.

pub mod draft;
pub mod duty;
pub mod email;
pub mod letter;
pub mod office;
pub mod speech;
pub mod telephone;
