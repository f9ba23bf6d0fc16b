//! Calls that stay in this process: to a servant without a broker, and to objects of the caller's own broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, Encoder, Endian};
use quorb_giop::ior::Ior;

use super::invoke::{Answer, Request};
use crate::adapter::{
    CallState, Context, Dispatch, Invocation, Peer, Reply, ReplyBody, ReplyFate, Servant, dispatch, drive,
    unwritable,
};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::{Interface, Kind};
use crate::proto::head::ChainId;
use crate::runtime::{CallUnderWay, Orb, check_depth};
use crate::stream::{Passage, passing_by, within};
use crate::value::{Body, BodyWriter, Encoding, borrow_body, share_body};

/// A servant that calls reach without a connection.
///
/// The semantics are those of a remote call: arguments and results are copied (through CDR), updates run alone, a started
/// update runs to its end, panics are caught.
pub(crate) struct LocalTarget {
    servant: Arc<dyn Servant>,
    object_key: Bytes,
    orb: Option<Orb>,
}

/// What came of a call that stayed in this process.
pub(crate) enum LocalOutcome {
    /// It has ended. None for oneway calls.
    Answered(Option<Answer>),
    /// The object is elsewhere, and nothing was executed.
    Forwarded {
        to: Arc<Ior>,
        /// Whether the caller may forget the old reference.
        permanent: bool,
    },
}

impl LocalOutcome {
    /// The answer, where there is no broker that could follow a servant's hint.
    pub(super) fn without_broker(self) -> Result<Option<Answer>, SystemException> {
        match self {
            LocalOutcome::Answered(answer) => Ok(answer),
            LocalOutcome::Forwarded { .. } => {
                Err(SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS, Completion::No)
                    .because("a reference without a broker cannot follow"))
            }
        }
    }
}

/// Makes chains of calls that start outside of servants, on references without a broker, distinguishable.
static LOCAL_CHAINS: AtomicU64 = AtomicU64::new(1);

/// A chain that starts outside of servants, on a reference without a broker.
pub(super) fn next_local_chain() -> ChainId {
    ChainId(u128::from(LOCAL_CHAINS.fetch_add(1, Ordering::Relaxed)).to_be_bytes())
}

/// How bodies inside the process are encoded.
const LOCAL_ENCODING: Encoding = Encoding::Cdr { profile: CdrProfile::native(Endian::NATIVE), origin: 0 };

impl LocalTarget {
    pub(crate) fn new(servant: Arc<dyn Servant>) -> LocalTarget {
        LocalTarget { servant, object_key: Bytes::new(), orb: None }
    }

    pub(crate) fn of_broker(servant: Arc<dyn Servant>, object_key: Bytes, orb: Orb) -> LocalTarget {
        LocalTarget { servant, object_key, orb: Some(orb) }
    }

    pub(super) fn servant(&self) -> &Arc<dyn Servant> {
        &self.servant
    }

    pub(super) fn interface(&self) -> &'static Interface {
        self.servant.interface()
    }

    /// Calls the servant. Ends by the deadline of the request. Dropping the future cancels the call.
    pub(crate) async fn call(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<LocalOutcome, SystemException> {
        let mut body =
            BodyWriter::Cdr(Encoder::with_buffer(borrow_body(), 0, CdrProfile::native(Endian::NATIVE)));
        let written = match &request.activity {
            None => (request.write)(&mut body),
            Some(activity) => {
                passing_by(Passage::Within(Some(activity.clone())), || (request.write)(&mut body))
            }
        };
        written.map_err(|cause| unwritable(&cause, Completion::No).at(Stage::Encoding))?;
        let arguments = Body::native_cdr(share_body(body.into_bytes()), Endian::NATIVE);
        let under_way = self.orb.as_ref().map(CallUnderWay::begin);
        let state = self.state(request, parent);
        check_depth(state.depth, self.orb.as_ref())?;
        let call = Invocation::new(state, arguments, LOCAL_ENCODING, self.orb.clone());
        let context = call.context().clone();
        let servant = self.servant.clone();
        let dispatched = match &self.orb {
            Some(orb) => orb.server_chain().dispatch(orb, servant, call),
            None => dispatch(servant, call),
        };
        let reply = match dispatched {
            Dispatch::Done(reply) => reply,
            Dispatch::Pending(future) if request.behaviour.oneway => {
                tokio::spawn(async move {
                    drive(context, future).await;
                    drop(under_way);
                });
                return Ok(LocalOutcome::Answered(None));
            }
            Dispatch::Pending(future) => self.wait(request, context, future, under_way).await?,
        };
        if let Some(passage) = request.passage {
            passage.replied(&reply.contexts);
        }
        match reply.fate {
            ReplyFate::Sent | ReplyFate::SentThenCut => outcome(reply, request.behaviour.oneway),
            ReplyFate::CutInstead => Err(cut_off()),
            ReplyFate::Lost => {
                tokio::time::sleep_until(tokio::time::Instant::from_std(request.deadline)).await;
                Err(too_late(request))
            }
        }
    }

    /// Waits for a pending call. An update goes on in a task of its own, since it must survive its caller; so does every so
    /// many-th query of a chain, since those in between stand on one another's stack.
    async fn wait(
        &self,
        request: &Request<'_>,
        context: Context,
        future: crate::adapter::BoxFuture<'static, Reply>,
        under_way: Option<CallUnderWay>,
    ) -> Result<Reply, SystemException> {
        let (_cancel, is_high) = (CancelOnDrop(&context), context.stands_high());
        let context = context.clone();
        let running = async move {
            let reply = drive(context, future).await;
            drop(under_way);
            reply
        };
        let in_place = request.behaviour.kind == Kind::Query && !is_high;
        let ended = if in_place {
            within(request, running).await
        } else {
            let task = tokio::spawn(running);
            within(request, async { task.await.unwrap_or(None) }).await
        };
        match ended {
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => {
                Err(SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::Maybe))
            }
            Err(_) => Err(too_late(request)),
        }
    }

    fn state(&self, request: &Request<'_>, parent: Option<&Context>) -> CallState {
        let chain = parent.map_or_else(
            || match &self.orb {
                Some(orb) => ChainId::starting_with(&orb.next_identity()),
                None => next_local_chain(),
            },
            Context::chain,
        );
        let peer = Peer::collocated();
        let operation = request.operation.as_bytes().clone();
        let mut state = CallState::new(peer, self.object_key.clone(), operation, chain);
        state.deadline = request.activity.is_none().then_some(request.deadline);
        state.depth = parent.map_or(0, |parent| parent.depth().saturating_add(1));
        let is_once = !request.behaviour.is_repeatable() && !request.behaviour.oneway;
        if let Some(names) = parent.and_then(Context::update_names).filter(|_| is_once) {
            let named = names.name(&self.object_key, request.operation.as_bytes());
            state.identity = Some(named.identity);
            state.acknowledged_below = named.acknowledged_below;
        }
        match request.passage {
            Some(passage) => {
                state.trace.clone_from(&passage.trace);
                state.contexts.clone_from(&passage.contexts);
            }
            None => state.trace = parent.and_then(|parent| parent.trace().cloned()),
        }
        state
    }
}

/// What a connection that broke would be: here only a fault injector does that.
fn cut_off() -> SystemException {
    SystemException::new(ExceptionKind::CommFailure, Minor::CONNECTION_LOST, Completion::Maybe)
        .at(Stage::Waiting)
        .because("the reply of a collocated call was lost on purpose")
}

fn too_late(request: &Request<'_>) -> SystemException {
    SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::Maybe)
        .at(Stage::Waiting)
        .because(format_args!("no reply within {:?}", request.time_limit))
}

/// Cancels a call whose caller stops waiting.
struct CancelOnDrop<'a>(&'a Context);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.0.cancel();
    }
}

fn outcome(reply: Reply, oneway: bool) -> Result<LocalOutcome, SystemException> {
    let answer = match reply.body {
        ReplyBody::Forward { to, permanent } => return Ok(LocalOutcome::Forwarded { to, permanent }),
        _ if oneway => return Ok(LocalOutcome::Answered(None)),
        ReplyBody::Results(bytes) => Answer::Results(Body::native_cdr(bytes, Endian::NATIVE)),
        ReplyBody::User(bytes) => Answer::User(Body::native_cdr(bytes, Endian::NATIVE)),
        ReplyBody::System(exception) => return Err(exception),
    };
    Ok(LocalOutcome::Answered(Some(answer)))
}
