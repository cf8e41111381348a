//! Which events are told, how urgently, and in which words.

pub mod address;
pub mod agency_words;
pub mod bounds;
pub mod care;
pub mod change;
pub mod channel;
pub mod contact;
pub mod court;
pub mod fact;
pub mod follow;
pub mod ladder;
pub mod mark;
pub mod markup;
pub mod office;
pub mod office_door;
pub mod outcome;
pub mod phone;
pub mod postal;
pub mod rules;
pub mod sentence;
pub mod spoken;
pub mod words;
