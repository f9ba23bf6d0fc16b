//! The client side of an object: references, proxies, and what a call goes through on its way out.

mod deferred;
mod direct;
mod dynamic;
mod facade;
mod invoke;
mod local;
mod members;
mod mock;
mod options;
mod proxy;
mod reference;
mod values;

pub use deferred::Deferred;
#[doc(hidden)]
pub use direct::Direct;
pub use dynamic::DynamicException;
#[doc(hidden)]
pub use facade::Facade;
pub(crate) use invoke::{Answer, Request};
pub(crate) use local::{LocalOutcome, LocalTarget};
pub use mock::MockCall;
pub use options::CallOptions;
pub use proxy::Proxy;
pub use reference::ObjectRef;
pub(crate) use values::{OBJECT_ID, binding_to, bound};
