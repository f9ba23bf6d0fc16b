//! Two processes whose frames arrive at once, driven by hand.

mod large;
mod packing;
mod parting;
mod rig;
mod windows;
