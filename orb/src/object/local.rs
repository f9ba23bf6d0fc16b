//! Calls that stay in this process: to a servant without a broker, and to objects of the caller's own broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quorb_giop::cdr::{CdrProfile, Encoder, Endian};

use super::invoke::{Answer, Request};
use super::values::binding_to;
use crate::adapter::{
    CallState, Context, Dispatch, Invocation, Peer, Protocol, Reply, ReplyBody, Servant, dispatch, drive,
    unwritable,
};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::{Interface, Kind};
use crate::proto::head::ChainId;
use crate::runtime::Orb;
use crate::value::{Body, BodyWriter, Encoding};

/// A servant that calls reach without a connection.
///
/// The semantics are those of a remote call: arguments and results are copied (through CDR), updates run alone, a started
/// update runs to its end, panics are caught.
pub(crate) struct LocalTarget {
    servant: Arc<dyn Servant>,
    object_key: Bytes,
    orb: Option<Orb>,
}

/// Makes chains of calls that start outside of servants, on references without a broker, distinguishable.
static LOCAL_CHAINS: AtomicU64 = AtomicU64::new(1);

/// How bodies inside the process are encoded.
const LOCAL_ENCODING: Encoding = Encoding::Cdr { profile: CdrProfile::native(Endian::NATIVE), origin: 0 };

impl LocalTarget {
    pub(crate) fn new(servant: Arc<dyn Servant>) -> LocalTarget {
        LocalTarget { servant, object_key: Bytes::new(), orb: None }
    }

    pub(crate) fn of_broker(servant: Arc<dyn Servant>, object_key: Bytes, orb: Orb) -> LocalTarget {
        LocalTarget { servant, object_key, orb: Some(orb) }
    }

    pub(super) fn interface(&self) -> &'static Interface {
        self.servant.interface()
    }

    pub(crate) async fn call(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<Option<Answer>, SystemException> {
        let mut body =
            BodyWriter::Cdr(Encoder::with_buffer(Vec::new(), 0, CdrProfile::native(Endian::NATIVE)));
        (request.write)(&mut body).map_err(|cause| unwritable(&cause, Completion::No).at(Stage::Encoding))?;
        let arguments = Body::native_cdr(Bytes::from(body.into_bytes()), Endian::NATIVE);
        let call = Invocation::new(self.state(request, parent), arguments, LOCAL_ENCODING);
        let context = call.context().clone();
        let servant = self.servant.clone();
        let dispatched = binding_to(self.orb.as_ref(), || dispatch(servant, call));
        if request.behaviour.oneway {
            if let Dispatch::Pending(future) = dispatched {
                tokio::spawn(drive(context, future));
            }
            return Ok(None);
        }
        let reply = match dispatched {
            Dispatch::Done(reply) => reply,
            Dispatch::Pending(future) => self.wait(request, context, future).await?,
        };
        answer(reply).map(Some)
    }

    /// Waits for a pending call. An update goes on in a task of its own, since it must survive its caller.
    async fn wait(
        &self,
        request: &Request<'_>,
        context: Context,
        future: crate::adapter::BoxFuture<'static, Reply>,
    ) -> Result<Reply, SystemException> {
        let _cancel = CancelOnDrop(&context);
        let running = drive(context.clone(), future);
        let deadline = tokio::time::Instant::from_std(request.deadline);
        let ended = if request.behaviour.kind == Kind::Query {
            tokio::time::timeout_at(deadline, running).await
        } else {
            let task = tokio::spawn(running);
            tokio::time::timeout_at(deadline, async { task.await.unwrap_or(None) }).await
        };
        match ended {
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => {
                Err(SystemException::new(ExceptionKind::Transient, Minor::CALL_CANCELLED, Completion::Maybe))
            }
            Err(_) => {
                Err(SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Completion::Maybe)
                    .at(Stage::Waiting)
                    .because(format_args!("no reply within {:?}", request.time_limit)))
            }
        }
    }

    fn state(&self, request: &Request<'_>, parent: Option<&Context>) -> CallState {
        let chain = parent.map_or_else(
            || match &self.orb {
                Some(orb) => ChainId::starting_with(&orb.next_identity()),
                None => ChainId((u128::from(LOCAL_CHAINS.fetch_add(1, Ordering::Relaxed))).to_be_bytes()),
            },
            Context::chain,
        );
        let peer = Peer { protocol: Protocol::Collocated, address: "".into() };
        let operation = request.operation.as_bytes().clone();
        let mut state = CallState::new(peer, self.object_key.clone(), operation, chain);
        state.deadline = Some(request.deadline);
        state.trace = parent.and_then(|parent| parent.trace().cloned());
        state
    }
}

/// Cancels a call whose caller stops waiting.
struct CancelOnDrop<'a>(&'a Context);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.0.cancel();
    }
}

fn answer(reply: Reply) -> Result<Answer, SystemException> {
    match reply.body {
        ReplyBody::Results(bytes) => Ok(Answer::Results(Body::native_cdr(bytes, Endian::NATIVE))),
        ReplyBody::User(bytes) => Ok(Answer::User(Body::native_cdr(bytes, Endian::NATIVE))),
        ReplyBody::System(exception) => Err(exception),
        // A servant behind a local reference cannot send its caller elsewhere: there is no broker to follow with.
        ReplyBody::Forward { .. } => {
            Err(SystemException::new(ExceptionKind::Transient, Minor::TOO_MANY_FORWARDS, Completion::No))
        }
    }
}
