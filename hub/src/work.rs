//! What waits for a person, who may decide it, and what a decision is: rules without a clock.

pub mod decision;
pub mod duty;
pub mod role;
pub mod task;
pub mod versions;
