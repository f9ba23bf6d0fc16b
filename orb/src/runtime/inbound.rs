//! Calls of peers: from a request on a connection to its reply.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::connection::Connection;
use super::replies::{encode_reply, reply_encoding};
use super::{Limits, Orb};
use crate::adapter::{ActiveObject, CallState, Dispatch, Invocation, Reply, dispatch, drive};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::binding_to;
use crate::proto::head::{
    BodyFormat, CallId, ChainId, ObjectKey, ReplyHead, ReplyStatus, RequestHead, RequestIdentity,
    ResponseExpected, Time,
};
use crate::proto::reply_cache::{
    Admission, CachedReply, Circumstances, Refusal, ReplyCache, ReplyCacheLimits,
};
use crate::value::{Body, Encoding};

/// What a broker remembers of the calls that it has served.
#[derive(Debug)]
pub(crate) struct Served {
    /// The lock is held for a look-up or an insertion.
    state: Mutex<ServedState>,
}

#[derive(Debug)]
struct ServedState {
    cache: ReplyCache,
    /// Repetitions of calls that still run wait here for their end.
    attached: HashMap<RequestIdentity, Vec<oneshot::Sender<CachedReply>>>,
    /// When clients that were quiet for long are looked for again.
    sweep_at: Time,
}

impl Served {
    pub(super) fn new(limits: &Limits) -> Served {
        let cache = ReplyCache::new(ReplyCacheLimits {
            clients_max: limits.reply_cache_clients_max,
            entries_per_client_max: limits.reply_cache_entries_max,
            bytes_max: limits.reply_cache_bytes_max,
            client_idle_max: limits.reply_cache_idle_max,
        });
        Served { state: Mutex::new(ServedState { cache, attached: HashMap::new(), sweep_at: Time::ZERO }) }
    }

    fn lock(&self) -> MutexGuard<'_, ServedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call of a peer, as far as its reply needs it.
struct Inbound {
    connection: Arc<Connection>,
    id: CallId,
    wants_reply: bool,
    encoding: Encoding,
    format: BodyFormat,
    /// The reply is to be remembered under this identity.
    once: Option<RequestIdentity>,
}

/// Serves a request. What its servant does at once has been done on return; its reply is queued, not yet flushed.
pub(super) fn serve(connection: &Arc<Connection>, id: CallId, head: RequestHead, body: Body) {
    let orb = &connection.orb;
    let encoding = reply_encoding(&body);
    let mut inbound = Inbound {
        connection: connection.clone(),
        id,
        wants_reply: head.response == ResponseExpected::Yes,
        encoding,
        format: head.format,
        once: None,
    };
    if orb.shared.lifecycle.is_stopping() {
        return inbound.refuse(ExceptionKind::Transient, Minor::SERVER_DRAINING, &head);
    }
    let object = match orb.active_objects().find(&head.object_key, orb.incarnation()).into_result() {
        Ok(object) => object,
        Err(exception) => {
            let exception = exception.because(format_args!("key `{}`", head.object_key));
            return inbound.finish(Reply::system(exception.in_operation(head.operation.as_str())), true);
        }
    };
    if !understands(&object, &head, &body) {
        return inbound.refuse_format(object.servant.interface().fingerprint());
    }
    if let Some(identity) = identity_to_remember(&object, &head) {
        match admit(orb, identity, &head) {
            Admission::Execute => inbound.once = Some(identity),
            Admission::Replay(remembered) => return inbound.replay(&remembered),
            Admission::Attach => return inbound.attach(identity),
            Admission::Refuse(reason) => {
                let exception = refusal(reason, head.retry_of_server.is_some());
                return inbound.finish(Reply::system(exception.in_operation(head.operation.as_str())), true);
            }
        }
    }
    run(inbound, orb, &object, head, body);
}

fn run(inbound: Inbound, orb: &Orb, object: &Arc<ActiveObject>, head: RequestHead, body: Body) {
    let state = state_of(&inbound.connection, orb, head);
    let call = Invocation::new(state, body, inbound.encoding);
    let context = call.context().clone();
    orb.shared.lifecycle.call_begins();
    let dispatched = binding_to(Some(orb), || dispatch(object.servant.clone(), call));
    match dispatched {
        Dispatch::Done(reply) => {
            inbound.finish(reply, true);
            orb.shared.lifecycle.call_ends();
        }
        Dispatch::Pending(future) => {
            inbound.connection.call_runs(inbound.id, context.clone());
            let orb = orb.clone();
            tokio::spawn(async move {
                match drive(context, future).await {
                    Some(reply) => inbound.finish(reply, false),
                    None => inbound.drop_call(),
                }
                orb.shared.lifecycle.call_ends();
            });
        }
    }
}

/// Answers whether an object is here.
pub(super) fn locate(connection: &Arc<Connection>, id: CallId, key: Option<&ObjectKey>) {
    let orb = &connection.orb;
    let here = key.is_some_and(|key| orb.active_objects().find(key, orb.incarnation()).into_result().is_ok());
    let status = if here { ReplyStatus::OK } else { ReplyStatus::SYSTEM_EXCEPTION };
    connection.send_reply(id, &ReplyHead::new(status, BodyFormat::CDR_LE), Bytes::new(), true);
}

/// Answers a request that could not be understood.
pub(super) fn refuse(connection: &Arc<Connection>, id: CallId, exception: SystemException) {
    let encoding = connection.answer_encoding();
    let (head, body) =
        encode_reply(Reply::system(exception.at(Stage::Admitting)), encoding, BodyFormat::CDR_LE);
    connection.send_reply(id, &head, body, true);
}

/// Whether the body can be read by the object's interface. Positional bodies need equal fingerprints; operations that
/// every object has are the same everywhere.
fn understands(object: &ActiveObject, head: &RequestHead, body: &Body) -> bool {
    let positional = matches!(body, Body::Cdr { .. }) && head.fingerprint != 0;
    !positional || object.servant.interface().understands(head.fingerprint)
}

/// The identity under which the reply must be remembered: that of an update that somebody waits for.
fn identity_to_remember(object: &ActiveObject, head: &RequestHead) -> Option<RequestIdentity> {
    let identity = head.identity?;
    let operation = object.servant.interface().operation(head.operation.as_str())?;
    (head.response == ResponseExpected::Yes && !operation.is_repeatable()).then_some(identity)
}

fn admit(orb: &Orb, identity: RequestIdentity, head: &RequestHead) -> Admission {
    let now = orb.shared.clock.now();
    let request = Circumstances {
        acknowledged_below: head.acknowledged_below,
        retry_of_server: head.retry_of_server,
        this_server: orb.incarnation(),
    };
    let mut served = orb.shared.served.lock();
    if now >= served.sweep_at {
        served.cache.forget(now);
        served.sweep_at = now + orb.limits().reply_cache_idle_max / 4;
    }
    served.cache.admit(identity, request, now)
}

/// The exception for a request that is not executed, because whether it was already cannot be told, or because too much
/// is remembered.
fn refusal(reason: Refusal, is_retry: bool) -> SystemException {
    let minor = match reason {
        Refusal::ClientBusy { .. } | Refusal::TooManyClients { .. } => Minor::TOO_MANY_CALLS,
        _ => Minor::OUTCOME_FORGOTTEN,
    };
    SystemException::new(ExceptionKind::Transient, minor, reason.completion(is_retry))
        .at(Stage::Admitting)
        .because(reason)
}

fn state_of(connection: &Connection, orb: &Orb, head: RequestHead) -> CallState {
    let chain = match head.chain {
        ChainId::NONE => ChainId::starting_with(&orb.next_identity()),
        chain => chain,
    };
    let mut state =
        CallState::new(connection.peer.clone(), head.object_key.0, head.operation.as_bytes().clone(), chain);
    state.deadline = (head.deadline_left_us > 0)
        .then(|| Instant::now().checked_add(Duration::from_micros(head.deadline_left_us)))
        .flatten();
    state.identity = head.identity;
    state.trace = head.trace;
    state
}

impl Inbound {
    fn refuse(self, kind: ExceptionKind, minor: Minor, head: &RequestHead) {
        let exception = SystemException::new(kind, minor, Completion::No).at(Stage::Admitting);
        self.finish(Reply::system(exception.in_operation(head.operation.as_str())), true);
    }

    /// The caller's interface is another one: it should send the call as CBOR.
    fn refuse_format(self, fingerprint: u64) {
        let mut head = ReplyHead::new(ReplyStatus::FORMAT_REFUSED, self.format);
        head.fingerprint = fingerprint;
        self.send(&head, Bytes::new(), true);
    }

    /// Sends the reply, and remembers it if it must be. `gather`: the driver flushes.
    fn finish(self, reply: Reply, gather: bool) {
        if !self.wants_reply {
            if let crate::adapter::ReplyBody::System(exception) = &reply.body {
                tracing::debug!(peer = %self.connection.peer, %exception, "a oneway call failed");
            }
            // It has an end like every other, and the connection waits for it.
            self.connection.call_dropped(self.id);
            return;
        }
        let (head, body) = encode_reply(reply, self.encoding, self.format);
        if let Some(identity) = self.once {
            remember(&self.connection.orb, identity, CachedReply { head: head.clone(), body: body.clone() });
        }
        self.send(&head, body, gather);
    }

    fn send(self, head: &ReplyHead, body: Bytes, gather: bool) {
        if self.wants_reply {
            self.connection.send_reply(self.id, head, body, gather);
        }
    }

    fn replay(self, remembered: &CachedReply) {
        tracing::debug!(peer = %self.connection.peer, "a repeated request is answered from memory");
        self.send_remembered(remembered, true);
    }

    /// Sends a reply that was made for another connection. Between the two formats it cannot be converted.
    fn send_remembered(self, remembered: &CachedReply, gather: bool) {
        let is_cbor = |format| format == BodyFormat::CBOR;
        let positional = matches!(self.encoding, Encoding::Cdr { .. });
        if is_cbor(remembered.head.format) && positional {
            let exception =
                SystemException::new(ExceptionKind::Transient, Minor::OUTCOME_FORGOTTEN, Completion::Yes)
                    .because("the reply is kept in a format that this connection does not speak");
            return self.finish(Reply::system(exception), gather);
        }
        self.send(&remembered.head, remembered.body.clone(), gather);
    }

    /// The first one still runs: its end is this one's end, too.
    fn attach(self, identity: RequestIdentity) {
        let (sender, receiver) = oneshot::channel();
        self.connection.orb.shared.served.lock().attached.entry(identity).or_default().push(sender);
        tokio::spawn(async move {
            match receiver.await {
                Ok(remembered) => self.send_remembered(&remembered, false),
                // The first one was given up before it had started anything.
                Err(_) => {
                    let exception =
                        SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::No);
                    self.finish(Reply::system(exception), false);
                }
            }
        });
    }

    /// The caller gave up before the servant had started anything.
    fn drop_call(self) {
        if let Some(identity) = self.once {
            forget(&self.connection.orb, identity);
        }
        self.connection.call_dropped(self.id);
    }
}

fn remember(orb: &Orb, identity: RequestIdentity, remembered: CachedReply) {
    let waiting = {
        let mut served = orb.shared.served.lock();
        served.cache.complete(identity, remembered.clone());
        served.attached.remove(&identity).unwrap_or_default()
    };
    for waiter in waiting {
        // Whoever waited may be gone.
        let _ = waiter.send(remembered.clone());
    }
}

/// An update that never started: a repetition may run it.
fn forget(orb: &Orb, identity: RequestIdentity) {
    let mut served = orb.shared.served.lock();
    served.cache.withdraw(identity);
    served.attached.remove(&identity);
}
