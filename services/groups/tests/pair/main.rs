//! Two processes whose frames arrive at once, driven by hand.

mod packing;
mod parting;
mod rig;
