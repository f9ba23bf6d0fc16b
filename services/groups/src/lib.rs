#![doc = include_str!("../README.md")]
//!
//! # Modules
//!
//! * [`core`] is the protocol: one value per process, driven by events, with no input or output of its own.
//! * [`driver`] runs one of them on tokio, and is what an application uses.
//! * [`object`] serves objects by groups, [`manage`] says where, and lets tools ask and change that.
//! * [`gather`] is for clients that want the replies of several members, [`toolkit`] is for the processes themselves: values, locks, tokens, barriers and work that they share.
//! * [`guide`] explains the model to someone who has never read the papers, and what goes beyond them.
//! * [`sim`] runs many of them in virtual time under faults and checks what must hold.

pub mod core;
pub mod driver;
pub mod gather;
pub mod guide;
pub mod manage;
pub mod object;
pub mod sim;
pub mod toolkit;
