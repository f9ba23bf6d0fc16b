//! `interop/peers/idl/zoo.idl` in Rust: its types, its interface, and the servant that returns what it is given.

mod samples;
mod types;

use quorb::{Abstract, Any, Fault, Proxy, ValueRef, interface};

pub use samples::{Sampler, anys};
pub use types::{
    Basket, ByBoolean, ByChar, ByColour, ByLong, ByLongLong, ByShort, ByUnsignedLong, ByUnsignedLongLong,
    ByUnsignedShort, Colour, Even, Link, Named, Note, Point, Price, Text, Unions,
};

/// Returns what it is given, itself or by way of another.
#[interface(id = "IDL:Zoo/Keeper:1.0")]
pub trait Keeper {
    /// A value of any type.
    #[update]
    async fn echo_any(&self, value: Any, via: KeeperProxy) -> Result<Any, Fault>;
    /// `fixed<9, 3>`.
    #[update]
    async fn echo_price(&self, value: Price, via: KeeperProxy) -> Result<Price, Fault>;
    /// `fixed<4, 0>`.
    #[update]
    async fn echo_even(&self, value: Even, via: KeeperProxy) -> Result<Even, Fault>;
    /// Unions by every switch.
    #[update]
    async fn echo_unions(&self, value: Unions, via: KeeperProxy) -> Result<Unions, Fault>;
    /// A value, or one derived from it.
    #[update]
    async fn echo_point(
        &self,
        value: Option<ValueRef<Point>>,
        via: KeeperProxy,
    ) -> Result<Option<ValueRef<Point>>, Fault>;
    /// A value that may refer to itself.
    #[update]
    async fn echo_link(
        &self,
        value: Option<ValueRef<Link>>,
        via: KeeperProxy,
    ) -> Result<Option<ValueRef<Link>>, Fault>;
    /// A boxed value.
    #[update]
    async fn echo_text(
        &self,
        value: Option<ValueRef<Text>>,
        via: KeeperProxy,
    ) -> Result<Option<ValueRef<Text>>, Fault>;
    /// Values that are shared among members.
    #[update]
    async fn echo_basket(&self, value: Basket, via: KeeperProxy) -> Result<Basket, Fault>;
    /// An object or a value.
    #[update]
    async fn echo_described(
        &self,
        value: Abstract<DescribedProxy>,
        via: KeeperProxy,
    ) -> Result<Abstract<DescribedProxy>, Fault>;
}

/// What objects and values are: an abstract interface.
#[interface(id = "IDL:Zoo/Described:1.0")]
pub trait Described {
    /// What it says.
    #[update]
    fn description(&self) -> String;
}

/// The objects among them.
#[interface(id = "IDL:Zoo/Tag:1.0")]
pub trait Tag: Described {}

/// The servant.
#[derive(Debug)]
pub struct Mirror;

/// Returns the value, or calls the same operation of `via` with it.
macro_rules! mirror {
    ($($name:ident: $ty:ty;)+) => {
        impl Keeper for Mirror {
            $(
                async fn $name(&self, value: $ty, via: KeeperProxy) -> Result<$ty, Fault> {
                    if via.object().is_nil() { Ok(value) } else { via.$name(value, nobody()).await }
                }
            )+
        }
    };
}

mirror! {
    echo_any: Any;
    echo_price: Price;
    echo_even: Even;
    echo_unions: Unions;
    echo_point: Option<ValueRef<Point>>;
    echo_link: Option<ValueRef<Link>>;
    echo_text: Option<ValueRef<Text>>;
    echo_basket: Basket;
    echo_described: Abstract<DescribedProxy>;
}

/// The nil reference.
pub fn nobody() -> KeeperProxy {
    KeeperProxy::from_object(quorb::ObjectRef::nil())
}
