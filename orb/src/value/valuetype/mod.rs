//! Value types: values with identity, which may be shared, null, of a derived type, and part of a cycle.

mod graph;
mod object;
mod reference;
mod registry;
mod value_base;
mod wire;

/// What generated code needs besides.
pub(crate) mod generated {
    pub use super::object::{custom_octets, custom_value};
}

pub(crate) use graph::within_graph;
pub use object::{Custom, StateReader, ValueObject, ValueState};
pub use reference::{ValueGuard, ValueRef};
pub use registry::register;
pub(crate) use registry::{Factory, factory_of};
pub use value_base::ValueBase;
