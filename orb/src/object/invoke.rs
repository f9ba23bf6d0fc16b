//! A call on its way out: from typed arguments to typed results.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ObjectRef;
use super::reference::Way;
use super::values::binding_to;
use crate::adapter::{Context, malformed};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, Stage, SystemException};
use crate::intercept::Passage;
use crate::model::{Behaviour, Interface, Operation, Replies};
use crate::proto::head::{OperationName, OperationNameError};
use crate::runtime::may_block;
use crate::stream::{Activity, EndsStreams};
use crate::value::{Body, BodyError, BodyReader, BodyWriter};

/// Writes the arguments of a call; run once for each attempt, in the format of the connection that is tried.
pub(crate) type WriteArguments<'a> =
    &'a (dyn Fn(&mut BodyWriter) -> Result<(), BodyError> + Send + Sync + 'a);

/// A call as the untyped layers below see it.
pub(crate) struct Request<'a> {
    /// The interface of the proxy; none for operations that every object has, and for calls without generated code.
    pub(crate) interface: Option<&'static Interface>,
    pub(crate) operation: OperationName,
    pub(crate) behaviour: Behaviour,
    /// The body goes as CBOR where the protocol has it, without asking the server whether it knows the interface.
    pub(crate) as_cbor: bool,
    pub(crate) write: WriteArguments<'a>,
    /// The time the call may take, with the limits of its surroundings applied.
    pub(crate) time_limit: Duration,
    pub(crate) deadline: Instant,
    /// The streams that it carries; none where its operation has none.
    pub(crate) activity: Option<Arc<Activity>>,
    /// Its thread waits for nothing else.
    pub(crate) may_block: bool,
    /// It goes over the connection that stands, and is attempted once.
    pub(crate) at_once: bool,
    /// What interceptors send along and want to know; none where there are no interceptors.
    pub(crate) passage: Option<&'a Passage<'a>>,
}

/// A call before its surroundings are known: what [`Request`] is made of.
pub(super) struct Outline<'a> {
    pub(super) interface: Option<&'static Interface>,
    pub(super) operation: Result<OperationName, OperationNameError>,
    pub(super) behaviour: Behaviour,
    pub(super) as_cbor: bool,
    pub(super) write: WriteArguments<'a>,
    pub(super) activity: Option<Arc<Activity>>,
}

impl<'a> Outline<'a> {
    /// The same call, to be made once more. Streams cannot be sent twice.
    pub(super) fn again(&self) -> Outline<'a> {
        let operation = self.operation.clone();
        Outline { operation, activity: None, ..*self }
    }
}

/// How a call ended, undecoded.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Results(Body),
    User(Body),
}

impl ObjectRef {
    /// Calls an operation: what generated proxies do. `write` puts the arguments, `read` takes the results.
    ///
    /// The call ends by its deadline at the latest. Dropping the future cancels it: a query, or an update that has not
    /// started, is dropped; a started update runs to its end unless it is declared `#[cancellable]`.
    ///
    /// # Errors
    /// The declared exception, or a system exception whose completion says whether the operation was executed.
    pub async fn invoke<R, E: Raises>(
        &self,
        interface: &'static Interface,
        operation: &'static Operation,
        write: WriteArguments<'_>,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
    ) -> Result<R, Fault<E>> {
        self.call(Some(interface), operation, write, read).await
    }

    /// Calls an operation with streams among its parameters or as its result. Its deadline moves as long as the parameters
    /// do; they cannot be read any more when it has ended.
    ///
    /// # Errors
    /// As [`invoke`](ObjectRef::invoke); NO_IMPLEMENT, completion No, if the object can only be reached by GIOP.
    pub async fn invoke_streaming<R, E: Raises>(
        &self,
        interface: &'static Interface,
        operation: &'static Operation,
        write: WriteArguments<'_>,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
    ) -> Result<R, Fault<E>> {
        let activity = Activity::new();
        let _ends = EndsStreams(&activity);
        self.call_with(Some(interface), operation, write, read, Some(activity.clone())).await
    }

    /// Calls a oneway operation. It returns when the request is handed to the connection, and says nothing about what
    /// becomes of it there.
    ///
    /// # Errors
    /// A system exception if the request could not be handed over.
    pub async fn invoke_oneway(
        &self,
        interface: &'static Interface,
        operation: &'static Operation,
        write: WriteArguments<'_>,
    ) -> Result<(), Fault> {
        self.call(Some(interface), operation, write, |_| Ok(())).await
    }

    /// Runs the future of a call on this thread until it ends: what generated blocking proxies do.
    ///
    /// # Errors
    /// Those of the call; BAD_INV_ORDER on a thread that drives asynchronous tasks, which must not be blocked.
    pub fn block_on<R, E>(&self, call: impl Future<Output = Result<R, Fault<E>>>) -> Result<R, Fault<E>> {
        crate::runtime::block_on_call(self.orb(), call)
    }

    pub(crate) async fn call<R, E: Raises>(
        &self,
        interface: Option<&'static Interface>,
        operation: &'static Operation,
        write: WriteArguments<'_>,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
    ) -> Result<R, Fault<E>> {
        self.call_with(interface, operation, write, read, None).await
    }

    async fn call_with<R, E: Raises>(
        &self,
        interface: Option<&'static Interface>,
        operation: &'static Operation,
        write: WriteArguments<'_>,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
        activity: Option<Arc<Activity>>,
    ) -> Result<R, Fault<E>> {
        let call = Outline {
            interface,
            operation: OperationName::from_static(operation.name),
            behaviour: operation.behaviour,
            as_cbor: false,
            write,
            activity,
        };
        let answer = match operation.behaviour.replies {
            Replies::First => self.exchange(call).await,
            // Nearly nobody goes this way: the future is elsewhere.
            _ => Box::pin(self.exchange_with_members(call)).await,
        };
        let answer = answer.map_err(|exception| exception.in_operation(operation.name))?;
        binding_to(self.orb(), || decode(operation, answer, read))
    }

    /// Sends a call on its way and waits for its end.
    pub(super) async fn exchange(&self, call: Outline<'_>) -> Result<Option<Answer>, SystemException> {
        let refuse = |kind, minor, stage| SystemException::new(kind, minor, Completion::No).at(stage);
        let unusable = |minor| Err(refuse(ExceptionKind::InvObjref, minor, Stage::Resolving));
        let parent = Context::current();
        if let Some(reason) = parent.as_ref().and_then(Context::calls_refused) {
            return Err(
                refuse(ExceptionKind::BadInvOrder, Minor::CALLS_REFUSED, Stage::Resolving).because(reason)
            );
        }
        let time_limit = self.time_limit(call.behaviour.deadline, parent.as_ref());
        if time_limit.is_zero() {
            // The same wherever the object is: nobody is asked.
            let over = refuse(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, Stage::Sending);
            return Err(over.because("no time was left when the call was made"));
        }
        let request = Request {
            interface: call.interface,
            operation: call.operation.map_err(|cause| {
                refuse(ExceptionKind::BadOperation, Minor::OPERATION_UNKNOWN, Stage::Encoding).because(cause)
            })?,
            behaviour: call.behaviour,
            as_cbor: call.as_cbor,
            write: call.write,
            activity: call.activity,
            time_limit,
            deadline: Instant::now() + time_limit,
            // Interceptors may wait for other things besides.
            may_block: may_block()
                && !self.options.at_once
                && self.orb().is_some_and(|orb| orb.client_chain().is_none()),
            at_once: self.options.at_once,
            passage: None,
        };
        match &self.target.way {
            Way::Nil => unusable(Minor::NIL_REFERENCE),
            Way::Unbound => unusable(Minor::NOT_BOUND),
            // The future is large: it would be moved with each of those around it.
            Way::Local(local) => Box::pin(local.call(&request, parent.as_ref())).await?.without_broker(),
            Way::Routed(route) => match route.orb().client_chain() {
                None => route.call_elsewhere(&request, parent.as_ref()).await,
                Some(chain) => Ok(chain.call(route, &request, parent.as_ref()).await?.into_answer()),
            },
        }
    }

    /// The time a call may take: the caller's choice, else the operation's, else the broker's; never more than the call
    /// that it is made in has left.
    pub(super) fn time_limit(&self, of_operation: Option<Duration>, parent: Option<&Context>) -> Duration {
        let broker = || self.orb().map_or(CALL_DEADLINE_WITHOUT_BROKER, |orb| orb.limits().call_deadline);
        let own = self.options.deadline.or(of_operation).unwrap_or_else(broker).min(CALL_DEADLINE_MAX);
        parent.and_then(Context::time_left).map_or(own, |left| left.min(own))
    }

    pub(crate) fn orb(&self) -> Option<&crate::runtime::Orb> {
        match &self.target.way {
            Way::Routed(route) => Some(route.orb()),
            _ => None,
        }
    }
}

/// The deadline of calls on local proxies, which have no broker that could say otherwise.
const CALL_DEADLINE_WITHOUT_BROKER: Duration = Duration::from_secs(30);

/// The longest deadline: what is longer is never.
const CALL_DEADLINE_MAX: Duration = Duration::from_secs(365 * 86_400);

/// The typed end of a call.
pub(super) fn decode<R, E: Raises>(
    operation: &Operation,
    answer: Option<Answer>,
    read: impl FnOnce(&mut BodyReader<'_>) -> Result<R, BodyError>,
) -> Result<R, Fault<E>> {
    let unreadable = |cause: BodyError| unreadable(&cause, operation.name);
    match answer {
        // A oneway call has no answer, and its reader asks for none.
        None => read(&mut BodyReader::Cbor { input: &[], left: 0 }).map_err(|cause| unreadable(cause).into()),
        Some(Answer::Results(body)) => {
            let mut reader = body.reader();
            let results = reader.items().and_then(|()| {
                let results = read(&mut reader)?;
                reader.end()?;
                Ok(results)
            });
            results.map_err(|cause| unreadable(cause).into())
        }
        Some(Answer::User(body)) => {
            let mut reader = body.reader();
            let id = reader.items().and_then(|()| reader.next::<String>("repository id"));
            let exception = match id {
                Ok(id) => E::read_members(&id, &mut reader)
                    .ok_or_else(|| undeclared(&id))
                    .and_then(|members| members.map_err(unreadable)),
                Err(cause) => Err(unreadable(cause)),
            };
            Err(exception.map_or_else(Fault::System, Fault::User))
        }
    }
}

/// The exception for a reply that does not decode.
pub(super) fn unreadable(cause: &BodyError, operation: &str) -> SystemException {
    malformed(cause, Minor::RESULT_MALFORMED, Completion::Yes).at(Stage::Decoding).in_operation(operation)
}

/// The exception for one that the operation does not declare (CORBA 3.3 Part 1, annex A.5: UNKNOWN, minor code 1).
pub(super) fn undeclared(id: &str) -> SystemException {
    SystemException::new(ExceptionKind::Unknown, Minor::UNDECLARED_EXCEPTION, Completion::Yes)
        .at(Stage::Decoding)
        .because(id)
}

/// A fault of an operation that declares no exceptions, as a system exception.
impl From<Fault<Infallible>> for SystemException {
    fn from(fault: Fault<Infallible>) -> SystemException {
        match fault {
            Fault::User(never) => match never {},
            Fault::System(exception) => exception,
        }
    }
}
