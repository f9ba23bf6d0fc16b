//! The configuration of a broker.

use std::collections::BTreeMap;
use std::time::Duration;

use super::listen::Listening;
use super::{Address, Callbacks, Limits, MemoryNetwork, Orb};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::intercept::{ClientChain, ClientInterceptor, ServerChain, ServerInterceptor};

/// The configuration of a broker; made by [`Orb::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), quorb::SystemException> {
/// let orb = quorb::Orb::builder().listen("127.0.0.1:0").start().await?;
/// println!("listening on {}", orb.addresses()[0]);
/// orb.shutdown(std::time::Duration::from_secs(1)).await;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it is started"]
pub struct OrbBuilder {
    settings: Settings,
    listen: Vec<String>,
    advertise: Vec<String>,
}

/// What a running broker keeps of its configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(super) limits: Limits,
    pub(super) preference: Preference,
    pub(super) memory: Option<MemoryNetwork>,
    pub(super) holding: bool,
    pub(super) callbacks: Callbacks,
    pub(super) unreachable: bool,
    pub(super) giop_big_endian: bool,
    /// Reference strings by name.
    pub(super) initial_references: BTreeMap<String, String>,
    pub(super) client_chain: ClientChain,
    pub(super) server_chain: ServerChain,
}

/// Which protocol to use where a reference offers both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Preference {
    /// The native protocol where the reference offers it, GIOP where not.
    #[default]
    NativeFirst,
    /// GIOP, always.
    IiopOnly,
    /// The native protocol, always: references without it cannot be called.
    NativeOnly,
}

impl OrbBuilder {
    /// Listens on an address: `HOST:PORT`, `[IPV6]:PORT` (port 0 takes a free one), `unix:/PATH`, or `memory:NAME`. May be
    /// given several times. Without it the broker only calls.
    ///
    /// Both protocols are served on every address.
    pub fn listen(mut self, address: impl Into<String>) -> OrbBuilder {
        self.listen.push(address.into());
        self
    }

    /// What references carry instead of the TCP addresses that are listened on: `HOST[:PORT]`, for servers behind address
    /// translation or with several names. Without a port, that of the first TCP listener. May be given several times;
    /// clients race them, in this order.
    pub fn advertise(mut self, address: impl Into<String>) -> OrbBuilder {
        self.advertise.push(address.into());
        self
    }

    /// The network in which `memory:` addresses have their meaning.
    pub fn memory(mut self, network: &MemoryNetwork) -> OrbBuilder {
        self.settings.memory = Some(network.clone());
        self
    }

    /// Which protocol to use where a reference offers both.
    pub fn prefer(mut self, preference: Preference) -> OrbBuilder {
        self.settings.preference = preference;
        self
    }

    /// Whether this broker's objects are called over connections that it has opened, and whether it calls others so.
    pub fn callbacks(mut self, callbacks: Callbacks) -> OrbBuilder {
        self.settings.callbacks = callbacks;
        self
    }

    /// Others may be unable to connect to this broker though it listens, for a firewall or for address translation: its
    /// references say that it can be called over its own connections as well. Those of a broker that does not listen on the
    /// network always say so.
    pub fn unreachable(mut self) -> OrbBuilder {
        self.settings.unreachable = true;
        self
    }

    /// Writes GIOP messages in big-endian order, whatever the order of this machine, which it is without this. What is read
    /// says its own order. For tests of interoperability: it changes nothing but the octets, and costs speed.
    pub fn giop_big_endian(mut self) -> OrbBuilder {
        self.settings.giop_big_endian = true;
        self
    }

    /// What `corbaloc:rir:/NAME` and `corbaname:rir:` stand for; `corbaname:rir:#path` looks in `NameService`. The reference
    /// is read when it is used.
    pub fn initial_reference(mut self, name: impl Into<String>, reference: impl Into<String>) -> OrbBuilder {
        self.settings.initial_references.insert(name.into(), reference.into());
        self
    }

    /// Starts holding: addresses are open, and who connects waits, until [`Orb::open`]. A server that starts again under
    /// the address of an earlier life activates its objects first, so that no client that is waiting for it is told that
    /// they do not exist.
    pub fn holding(mut self) -> OrbBuilder {
        self.settings.holding = true;
        self
    }

    /// Puts an interceptor around the calls that the broker makes, inside of those that were registered before. The same
    /// one can stand on both sides, as an [`Arc`](std::sync::Arc).
    pub fn intercept_calls(mut self, interceptor: impl ClientInterceptor) -> OrbBuilder {
        self.settings.client_chain.push(interceptor);
        self
    }

    /// Puts an interceptor around the calls that the broker serves, inside of those that were registered before.
    pub fn intercept_service(mut self, interceptor: impl ServerInterceptor) -> OrbBuilder {
        self.settings.server_chain.push(interceptor);
        self
    }

    /// Changes limits.
    ///
    /// ```
    /// let builder = quorb::Orb::builder().limits(|limits| limits.body_bytes_max = 1 << 20);
    /// ```
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> OrbBuilder {
        change(&mut self.settings.limits);
        self
    }

    /// The time that a call may take unless the operation or the caller says otherwise: 30 seconds by default.
    pub fn call_deadline(self, deadline: Duration) -> OrbBuilder {
        self.limits(|limits| limits.call_deadline = deadline)
    }

    /// Starts the broker in the tokio runtime of the caller.
    ///
    /// # Errors
    /// INITIALIZE if an address is malformed or cannot be listened on, naming it and the cause; or outside of a tokio
    /// runtime. Cancellation safe: addresses that were opened are closed again.
    pub async fn start(self) -> Result<Orb, SystemException> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(initialize(
                "there is no tokio runtime here: use `start_blocking`, or start inside of one",
            ));
        }
        let parse = |text: &String| text.parse::<Address>().map_err(initialize);
        let addresses: Vec<Address> = self.listen.iter().map(parse).collect::<Result<_, _>>()?;
        let (listening, sockets) =
            Listening::open(&addresses, &self.advertise, self.settings.memory.as_ref())?;
        let orb = Orb::assemble(self.settings, listening);
        for socket in sockets {
            socket.accept_into(&orb);
        }
        Ok(orb)
    }

    /// Starts the broker with a runtime of its own, for programs without tokio. The runtime lives as long as the returned
    /// value.
    ///
    /// # Errors
    /// As [`start`](OrbBuilder::start), and INITIALIZE if the runtime cannot be made.
    pub fn start_blocking(self) -> Result<BlockingOrb, SystemException> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .thread_name("quorb")
            .build()
            .map_err(initialize)?;
        let orb = runtime.block_on(self.start())?;
        Ok(BlockingOrb { orb, runtime: Some(runtime) })
    }
}

pub(super) fn initialize(cause: impl std::fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::Initialize, Minor::CANNOT_LISTEN, Completion::No).because(cause)
}

/// A broker with a runtime of its own, for programs without tokio; made by [`OrbBuilder::start_blocking`].
///
/// It dereferences to the [`Orb`]. Dropping it ends the runtime and with it the broker, without waiting for calls under
/// way; [`shutdown`](BlockingOrb::shutdown) waits.
#[derive(Debug)]
pub struct BlockingOrb {
    orb: Orb,
    runtime: Option<tokio::runtime::Runtime>,
}

impl BlockingOrb {
    /// Stops the broker as [`Orb::shutdown`] does and ends the runtime.
    pub fn shutdown(mut self, limit: Duration) -> super::DrainReport {
        let runtime = self.runtime.take().expect("the runtime is there until the value is dropped");
        let report = runtime.block_on(self.orb.shutdown(limit));
        runtime.shutdown_background();
        report
    }
}

impl std::ops::Deref for BlockingOrb {
    type Target = Orb;

    fn deref(&self) -> &Orb {
        &self.orb
    }
}

impl Drop for BlockingOrb {
    fn drop(&mut self) {
        // The ordinary end of a runtime waits for blocking work, which must not be done on an asynchronous thread.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
