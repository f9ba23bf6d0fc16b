#![doc = include_str!("../README.md")]

pub mod calm;
pub mod catalogue;
pub mod model;
pub mod mutation;
pub mod property;
mod rules;
pub mod scope;
pub mod search;
pub mod set;
pub mod state;
pub mod step;
