//! The program as its users run it: every verb, good and bad, against servers in this process.

mod call;
mod completions;
mod crashes;
mod describe;
mod doctor;
mod event_crashes;
mod event_foreign;
mod event_kills;
mod event_losses;
mod event_replicas;
mod events;
mod fakes;
mod foreign;
mod groups;
mod idl;
mod ior;
mod names;
mod recovery;
mod replicas;
mod rig;
mod trio;
mod usage;
mod workshop;
