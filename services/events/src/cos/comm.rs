//! `CosEventComm`: what suppliers and consumers are to each other.

use quorb::{Any, Exception, Fault, interface};

/// Who is pushed events.
#[interface(id = "IDL:omg.org/CosEventComm/PushConsumer:1.0")]
pub trait PushConsumer {
    /// Takes an event.
    #[update]
    async fn push(&self, data: &Any) -> Result<(), Fault<Disconnected>>;

    /// Tells it that no more comes.
    #[update]
    async fn disconnect_push_consumer(&self);
}

/// Who pushes events.
#[interface(id = "IDL:omg.org/CosEventComm/PushSupplier:1.0")]
pub trait PushSupplier {
    /// Tells it that no more is wanted.
    #[update]
    async fn disconnect_push_supplier(&self);
}

/// Who is asked for events.
#[interface(id = "IDL:omg.org/CosEventComm/PullSupplier:1.0")]
pub trait PullSupplier {
    /// The next event, waited for.
    #[update]
    async fn pull(&self) -> Result<Any, Fault<Disconnected>>;

    /// The next event if there is one; else false, and an event that means nothing.
    #[update]
    #[parameters(has_event)]
    async fn try_pull(&self) -> Result<(Any, bool), Fault<Disconnected>>;

    /// Tells it that no more is wanted.
    #[update]
    async fn disconnect_pull_supplier(&self);
}

/// Who asks for events.
#[interface(id = "IDL:omg.org/CosEventComm/PullConsumer:1.0")]
pub trait PullConsumer {
    /// Tells it that no more comes.
    #[update]
    async fn disconnect_pull_consumer(&self);
}

/// Nobody is connected any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Exception)]
#[idl(id = "IDL:omg.org/CosEventComm/Disconnected:1.0")]
pub struct Disconnected;
