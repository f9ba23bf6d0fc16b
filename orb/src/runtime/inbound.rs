//! Calls of peers: from a request on a connection to its reply.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::connection::Connection;
use super::once::Entrance;
use super::replies::{encode_reply, readmission_context, reply_encoding};
use super::shutdown::CallUnderWay;
use super::wire::too_large;
use super::{Limits, Orb, now};
use crate::adapter::{
    ActiveObject, CallState, Context, Dispatch, Invocation, Location, Protocol, Reply, ReplyBody, ReplyFate,
    drive,
};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::Operation;
use crate::proto::head::{
    BodyFormat, CallId, ChainId, EndpointSet, ObjectKey, ReplyHead, ReplyStatus, RequestHead,
    RequestIdentity, ResponseExpected,
};
use crate::proto::reply_cache::CachedReply;
use crate::value::{Body, Encoding};

/// A call of a peer, as far as its reply needs it.
struct Inbound {
    connection: Arc<Connection>,
    id: CallId,
    wants_reply: bool,
    encoding: Encoding,
    format: BodyFormat,
    /// The reply is to be remembered under this identity.
    once: Option<RequestIdentity>,
    /// The caller's endpoints of the object are old: these are the new ones.
    newer_endpoints: Option<EndpointSet>,
    /// A shutdown waits for its end.
    _under_way: CallUnderWay,
    /// What it counts for in the budget, once it waits.
    held_bytes: u64,
}

impl Drop for Inbound {
    fn drop(&mut self) {
        if self.held_bytes > 0 {
            self.connection.holding.call_ends(self.held_bytes);
        }
    }
}

/// Serves a request. What its servant does at once has been done on return; its reply is queued, not yet flushed.
pub(super) fn serve(connection: &Arc<Connection>, id: CallId, head: Box<RequestHead>, body: Body) {
    let orb = &connection.orb;
    let mut inbound = Inbound {
        connection: connection.clone(),
        id,
        wants_reply: head.response == ResponseExpected::Yes,
        encoding: reply_encoding(&body, connection.byte_order()),
        format: head.format,
        once: None,
        newer_endpoints: None,
        _under_way: CallUnderWay::begin(orb),
        held_bytes: 0,
    };
    let object = match admit(connection, &head) {
        Ok(object) => object,
        Err(exception) => {
            let exception = exception.at(Stage::Admitting).in_operation(head.operation.as_str());
            return inbound.finish(Reply::system(exception), true);
        }
    };
    if connection.peer.protocol == Protocol::Native {
        inbound.newer_endpoints = object.endpoints.newer_than(head.endpoint_set_version);
    }
    if !understands(&object, &head, &body) {
        return inbound.refuse_format(object.servant.interface().fingerprint());
    }
    let declared = object.servant.interface().operation_spelt(head.operation.as_bytes());
    let update = identity_of_update(&object, &head, declared);
    if let Some(identity) = update.filter(|_| !inbound.wants_reply)
        && let Err(reason) = orb.shared.served.admit_oneway(orb, identity, &head)
    {
        tracing::debug!(peer = %connection.peer, %reason, "a oneway request is not executed");
        return connection.call_dropped(id, true);
    }
    if let Some(identity) = update.filter(|_| inbound.wants_reply) {
        match orb.shared.served.admit(orb, identity, &head) {
            Entrance::Execute => inbound.once = Some(identity),
            Entrance::Replay(remembered) => return inbound.replay(&remembered),
            Entrance::Attach(end) => return inbound.attach(end, context_of(connection, orb, head, declared)),
            Entrance::Refuse(reason) => {
                return inbound.finish(Reply::system(reason.in_operation(head.operation.as_str())), true);
            }
            Entrance::Readmit(reason, incarnation) => {
                return inbound.readmit(reason.in_operation(head.operation.as_str()), incarnation);
            }
        }
    }
    run(inbound, &object, declared, head, body);
}

/// The object of a request, unless the request is refused whatever it is.
fn admit(connection: &Connection, head: &RequestHead) -> Result<Arc<ActiveObject>, SystemException> {
    let orb = &connection.orb;
    let refuse = |minor| Err(SystemException::new(ExceptionKind::Transient, minor, Completion::No));
    if orb.shared.lifecycle.is_draining() {
        return refuse(Minor::SERVER_DRAINING);
    }
    connection.check_direction()?;
    check_depth(head.depth, Some(orb))?;
    if connection.holds_too_much() {
        let limit = orb.limits().buffers_bytes_max;
        return refuse(Minor::MEMORY_FULL)
            .map_err(|exception| exception.because(format_args!("above buffers_bytes_max = {limit}")));
    }
    let limit = orb.limits().replies_bytes_max;
    if connection.waiting_output() > limit as u64 {
        return refuse(Minor::REPLIES_NOT_TAKEN)
            .map_err(|exception| exception.because(format_args!("above replies_bytes_max = {limit}")));
    }
    orb.find_object(&head.object_key)
        .map_err(|exception| exception.because(format_args!("key `{}`", head.object_key)))
}

/// Refuses a call that too many others wait for: most likely its chain never ends.
pub(crate) fn check_depth(depth: u32, orb: Option<&Orb>) -> Result<(), SystemException> {
    let limit = orb.map_or(Limits::CALL_DEPTH_MAX, |orb| orb.limits().call_depth_max);
    if depth <= limit {
        return Ok(());
    }
    Err(SystemException::new(ExceptionKind::ImpLimit, Minor::CALLS_TOO_DEEP, Completion::No)
        .at(Stage::Admitting)
        .because(format_args!("{depth} calls wait for it, above call_depth_max = {limit}")))
}

fn run(
    mut inbound: Inbound,
    object: &Arc<ActiveObject>,
    declared: Option<&'static Operation>,
    head: Box<RequestHead>,
    body: Body,
) {
    let context = context_of(&inbound.connection, &inbound.connection.orb, head, declared);
    let request_bytes = body.len();
    let call = Invocation::within(context.clone(), body, inbound.encoding);
    let orb = &inbound.connection.orb;
    let dispatched = orb.server_chain().dispatch(orb, object.servant.clone(), call);
    match dispatched {
        Dispatch::Done(reply) => inbound.finish(reply, true),
        Dispatch::Pending(future) => {
            inbound.held_bytes = inbound.connection.holding.call_waits(request_bytes);
            inbound.connection.call_runs(inbound.id, context.clone());
            tokio::spawn(async move {
                match drive(context, future).await {
                    Some(reply) => inbound.finish(reply, false),
                    None => inbound.drop_call(),
                }
            });
        }
    }
}

/// Answers whether an object is here.
pub(super) fn locate(connection: &Arc<Connection>, id: CallId, key: Option<&ObjectKey>) {
    let orb = &connection.orb;
    let object = key.and_then(|key| orb.find_object(key).ok());
    let status = match object.map(|object| object.servant.location()) {
        Some(Location::Here) => ReplyStatus::OK,
        None => ReplyStatus::SYSTEM_EXCEPTION,
        Some(Location::Elsewhere { to, permanent }) => {
            let forward = Reply::new(ReplyBody::Forward { to, permanent });
            let (head, body) = encode_reply(forward, connection.answer_encoding(), BodyFormat::CDR_LE);
            return connection.send_reply(id, &head, body, true);
        }
    };
    connection.send_reply(id, &ReplyHead::new(status, BodyFormat::CDR_LE), Bytes::new(), true);
}

/// Answers a request that could not be understood.
pub(super) fn refuse(connection: &Arc<Connection>, id: CallId, exception: SystemException) {
    let exception = exception.at(Stage::Admitting);
    tracing::debug!(peer = %connection.peer, %exception, "a call is refused");
    let encoding = connection.answer_encoding();
    let (head, body) = encode_reply(Reply::system(exception), encoding, BodyFormat::CDR_LE);
    connection.send_reply(id, &head, body, true);
}

/// Whether the body can be read by the object's interface. Positional bodies need equal fingerprints; operations that
/// every object has are the same everywhere.
fn understands(object: &ActiveObject, head: &RequestHead, body: &Body) -> bool {
    let positional = matches!(body, Body::Cdr { .. }) && head.fingerprint != 0;
    !positional || object.servant.interface().understands(head.fingerprint)
}

/// The identity under which a request must not be executed twice: that of an update. Where somebody waits for its end, the
/// reply is remembered.
fn identity_of_update(
    object: &ActiveObject,
    head: &RequestHead,
    declared: Option<&Operation>,
) -> Option<RequestIdentity> {
    let (identity, operation) = (head.identity?, declared?);
    (!operation.is_repeatable() && !object.servant.remembers()).then_some(identity)
}

fn context_of(
    connection: &Connection,
    orb: &Orb,
    head: Box<RequestHead>,
    declared: Option<&'static Operation>,
) -> Context {
    let chain = match head.chain {
        ChainId::NONE => ChainId::starting_with(&orb.next_identity()),
        chain => chain,
    };
    let deadline = (head.deadline_left_us > 0)
        .then(|| now().checked_add(Duration::from_micros(head.deadline_left_us)))
        .flatten();
    Context(CallState::of_request(orb, connection.peer.clone(), head, chain, deadline, declared))
}

impl Inbound {
    /// The caller's interface is another one: it should send the call as CBOR.
    fn refuse_format(self, fingerprint: u64) {
        let mut head = ReplyHead::new(ReplyStatus::FORMAT_REFUSED, self.format);
        head.fingerprint = fingerprint;
        if !self.wants_reply {
            tracing::warn!(peer = %self.connection.peer, "a oneway call was compiled against another interface, and is lost");
        }
        self.send(&head, Bytes::new(), true);
    }

    /// The caller should begin another life, in this incarnation.
    fn readmit(self, reason: SystemException, incarnation: u64) {
        tracing::debug!(peer = %self.connection.peer, exception = %reason, "a client is to begin another life");
        let (mut head, body) = encode_reply(Reply::system(reason), self.encoding, self.format);
        head.contexts.push(readmission_context(incarnation));
        self.send(&head, body, true);
    }

    /// Sends the reply, and remembers it if it must be. `gather`: the driver flushes.
    fn finish(self, reply: Reply, gather: bool) {
        if !self.wants_reply && reply.fate == ReplyFate::Sent && self.once.is_none() {
            if let ReplyBody::System(exception) = &reply.body {
                tracing::debug!(peer = %self.connection.peer, %exception, "a oneway call is refused or fails");
            }
            return self.connection.call_dropped(self.id, gather);
        }
        let reply = bounded(reply, self.connection.orb.limits());
        let fate = reply.fate;
        let not_run = match &reply.body {
            ReplyBody::System(exception) => {
                tracing::debug!(peer = %self.connection.peer, %exception, "a call is refused or fails");
                exception.completed() == Completion::No
            }
            ReplyBody::Forward { .. } => true,
            ReplyBody::Results(_) | ReplyBody::User(_) => false,
        };
        let (mut head, body) = encode_reply(reply, self.encoding, self.format);
        head.new_endpoint_set = self.newer_endpoints.clone();
        if let Some(identity) = self.once {
            let served = &self.connection.orb.shared.served;
            // What was not executed may be executed when it is asked for again.
            if not_run {
                served.withdraw(identity);
            } else {
                served.remember(identity, &CachedReply { head: head.clone(), body: body.clone() });
            }
        }
        match fate {
            ReplyFate::Sent => self.send(&head, body, gather),
            ReplyFate::Lost if self.wants_reply => self.lose(),
            ReplyFate::Lost => self.connection.call_dropped(self.id, gather),
            ReplyFate::CutInstead => self.connection.cut("the connection was cut on purpose"),
            ReplyFate::SentThenCut => {
                let connection = self.connection.clone();
                self.send(&head, body, gather);
                connection.flush();
                connection.cut("the connection was cut on purpose");
            }
        }
    }

    /// Never sends the reply. The call stays open, as if the reply were on its way, until its caller gives up or the
    /// connection ends.
    fn lose(self) {
        let state = CallState::new(self.connection.peer.clone(), Bytes::new(), Bytes::new(), ChainId::NONE);
        let context = Context(Arc::new(state));
        self.connection.call_runs(self.id, context.clone());
        tokio::spawn(async move {
            context.cancelled().await;
            self.connection.call_dropped(self.id, false);
        });
    }

    fn send(self, head: &ReplyHead, body: Bytes, gather: bool) {
        if self.wants_reply {
            self.connection.send_reply(self.id, head, body, gather);
        } else {
            self.connection.call_dropped(self.id, gather);
        }
    }

    fn replay(self, remembered: &CachedReply) {
        tracing::debug!(peer = %self.connection.peer, "a repeated request is answered from memory");
        self.send_remembered(remembered, true);
    }

    /// Sends a reply that was made for another connection. Between the two formats it cannot be converted.
    fn send_remembered(self, remembered: &CachedReply, gather: bool) {
        let positional = matches!(self.encoding, Encoding::Cdr { .. });
        if remembered.head.format == BodyFormat::CBOR && positional {
            let exception =
                SystemException::new(ExceptionKind::Transient, Minor::OUTCOME_FORGOTTEN, Completion::Yes)
                    .because("the reply is kept in a format that this connection does not speak");
            return self.finish(Reply::system(exception), gather);
        }
        self.send(&remembered.head, remembered.body.clone(), gather);
    }

    /// The first one still runs: its end is this one's end, too.
    fn attach(self, end: oneshot::Receiver<CachedReply>, context: Context) {
        tracing::debug!(peer = %self.connection.peer, "a repeated request waits for the end of the first");
        self.connection.call_runs(self.id, context.clone());
        tokio::spawn(async move {
            tokio::select! {
                end = end => match end {
                    Ok(remembered) => self.send_remembered(&remembered, false),
                    Err(_) => self.finish(Reply::system(not_run_after_all(&context)), false),
                },
                () = context.cancelled() => self.drop_call(),
            }
        });
    }

    /// The caller gave up before the servant had started anything.
    fn drop_call(self) {
        if let Some(identity) = self.once {
            self.connection.orb.shared.served.withdraw(identity);
        }
        self.connection.call_dropped(self.id, false);
    }
}

/// The exception for a repetition of a call that ended before it had started.
fn not_run_after_all(context: &Context) -> SystemException {
    SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::No)
        .at(Stage::Admitting)
        .in_operation(context.operation())
}

/// The reply, or what is said instead of one that is too large.
fn bounded(reply: Reply, limits: &Limits) -> Reply {
    match &reply.body {
        ReplyBody::Results(body) | ReplyBody::User(body) if body.len() > limits.body_bytes_max => {
            let (size, limit) = (body.len(), limits.body_bytes_max);
            let cause = format_args!("a body of {size} octets, above the limit body_bytes_max = {limit}");
            Reply::system(
                too_large(&cause)
                    .because("limit of the server, on the reply")
                    .at(Stage::Executing)
                    .with_completion(Completion::Yes),
            )
        }
        _ => reply,
    }
}
