//! Random histories of agents, planner, couriers and registrants, run on both engines: every table must
//! come out the same.

mod tests;
