//! The way of calls from a reference to its object: choose an endpoint, connect, send, and decide what a failure means.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use quorb_giop::ior::Ior;

use super::connect::ConnectError;
use super::connection::{CallOutcome, Connection, Sent};
use super::endpoint::{Endpoint, endpoints_of};
use super::orb::{OpenUpdate, Orb};
use super::outcome::{Received, interpret};
use super::outgoing::Outgoing;
use super::progress::Progress;
use crate::adapter::Context;
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::model::Kind;
use crate::object::{Answer, LocalTarget, Request};
use crate::proto::head::{ChainId, Delivery, RequestIdentity};
use crate::proto::retry::{self, Behaviour, Decision, Failure};

/// The binding of a reference: which way its calls go, found at the first call and kept until it fails.
pub(crate) struct Route {
    orb: Orb,
    state: Mutex<State>,
}

struct State {
    /// The reference that is followed now: the original, or what a server forwarded to.
    path: Arc<Path>,
    /// The original, to fall back to when what was forwarded to fails; none while it is followed itself.
    original: Option<Arc<Path>>,
    /// The connection of the last successful call, to save the look-up.
    connection: Option<Arc<Connection>>,
}

/// A reference and what it offers.
struct Path {
    ior: Ior,
    endpoints: Vec<Endpoint>,
    /// The object is in this process.
    own: Option<crate::adapter::ObjectKey>,
}

/// What is the same in every attempt of one call.
struct Call<'a> {
    request: &'a Request<'a>,
    identity: RequestIdentity,
    chain: ChainId,
    trace: Option<crate::proto::head::TraceContext>,
    /// Keeps the sequence number open until the call has ended.
    open: Option<OpenUpdate>,
}

impl Route {
    pub(crate) fn new(orb: Orb, ior: &Ior) -> Route {
        let path = Arc::new(Path::of(&orb, ior));
        Route { orb, state: Mutex::new(State { path, original: None, connection: None }) }
    }

    pub(crate) fn orb(&self) -> &Orb {
        &self.orb
    }

    pub(crate) async fn call(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<Option<Answer>, SystemException> {
        if self.orb.shared.lifecycle.is_draining() && parent.is_none() {
            return Err(stopped());
        }
        if let Some(local) = self.collocated()? {
            return local.call(request, parent).await;
        }
        let once = !request.operation.is_repeatable() && !request.operation.behaviour.oneway;
        let (identity, open) = match once {
            true => {
                let (identity, open) = self.orb.open_update();
                (identity, Some(open))
            }
            false => (self.orb.next_identity(), None),
        };
        let call = Call {
            request,
            identity,
            chain: parent.map_or_else(|| ChainId::starting_with(&identity), Context::chain),
            trace: parent.and_then(|parent| parent.trace().cloned()),
            open,
        };
        let mut progress = Progress::default();
        let deadline = tokio::time::Instant::from_std(request.deadline);
        match tokio::time::timeout_at(deadline, self.run(&call, &mut progress)).await {
            Ok(result) => result.map_err(|exception| progress.conclude(exception)),
            Err(_) => Err(progress.time_out(request)),
        }
    }

    /// Attempts until one succeeds or the retry table says that it is over.
    async fn run(&self, call: &Call<'_>, progress: &mut Progress) -> Result<Option<Answer>, SystemException> {
        loop {
            let failed = match self.connect(progress).await {
                Ok((connection, endpoint)) => match self
                    .attempt(call, progress, &connection, &endpoint)
                    .await?
                {
                    Received::Answer(answer) => return Ok(answer),
                    Received::Forward { to, permanent } => {
                        progress.is_sent_on(self.orb.limits().forwards_max)?;
                        self.follow(&to, permanent);
                        if let Some(local) = self.collocated()? {
                            return local.call(call.request, Context::current().as_ref()).await;
                        }
                        continue;
                    }
                    Received::WantsCbor if !progress.as_cbor => {
                        progress.as_cbor = true;
                        continue;
                    }
                    Received::WantsAddressing(disposition) if progress.addressing != Some(disposition) => {
                        progress.is_sent_on(self.orb.limits().forwards_max)?;
                        progress.addressing = Some(disposition);
                        continue;
                    }
                    Received::WantsCbor | Received::WantsAddressing(_) => return Err(stubborn()),
                    Received::Failed(failure, exception) => {
                        progress.failed(&endpoint, &exception);
                        if exception.minor() == Minor::SERVER_DRAINING {
                            // The next attempt must not find the same server over the same connection.
                            connection.make_unusable();
                        }
                        if exception.kind() == ExceptionKind::ObjectNotExist && self.fall_back() {
                            progress.is_sent_on(self.orb.limits().forwards_max)?;
                            continue;
                        }
                        (failure, exception)
                    }
                },
                Err(exception) if exception.kind() == ExceptionKind::Transient => {
                    (Failure::not_reached(), exception)
                }
                Err(exception) => return Err(exception),
            };
            self.decide(call, progress, failed).await?;
        }
    }

    /// Asks the retry table; returns if the call is to be attempted again, after the pause the table wants.
    async fn decide(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        (failure, exception): (Failure, SystemException),
    ) -> Result<(), SystemException> {
        self.forget_connection();
        let left = call.request.deadline.saturating_duration_since(Instant::now());
        let behaviour = match call.request.operation.behaviour {
            behaviour if behaviour.oneway => Behaviour::Oneway,
            behaviour if behaviour.kind == Kind::Query => Behaviour::Query,
            behaviour if behaviour.idempotent => Behaviour::Idempotent,
            _ => Behaviour::Update,
        };
        let limits = self.orb.retry_limits();
        match retry::decide(&limits, behaviour, &failure, progress.retries, left, self.orb.random()) {
            Decision::Retry { after, .. } => {
                progress.retries += 1;
                tracing::debug!(operation = call.request.operation.name, %exception, ?after, "a call is repeated");
                tokio::time::sleep(after).await;
                Ok(())
            }
            Decision::Fail => Err(exception),
        }
    }

    /// Sends the request on a connection and waits for what comes.
    async fn attempt(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        connection: &Arc<Connection>,
        endpoint: &Endpoint,
    ) -> Result<Received, SystemException> {
        let path = self.lock().path.clone();
        let outgoing = Outgoing {
            endpoint,
            request: call.request,
            identity: call.identity,
            acknowledged_below: call.open.as_ref().map_or(0, |_| self.orb.acknowledged_below()),
            once: call.open.is_some(),
            retry_of_server: progress.first_server,
            chain: call.chain,
            trace: call.trace.clone(),
            as_cbor: progress.as_cbor,
            addressing: progress.addressing.map(|disposition| (disposition, &path.ior)),
        };
        progress.tries(endpoint, Stage::Sending);
        let outcome = match connection.send(&outgoing).await? {
            Sent::Oneway => return Ok(Received::Answer(None)),
            Sent::Lost { cause } => CallOutcome::Lost { delivery: Delivery::NotSent, cause, violated: false },
            Sent::Waiting(waiting) => {
                progress.tries(endpoint, Stage::Waiting);
                let before = progress.delivery.replace(Delivery::Sent);
                let outcome = waiting.await;
                if let CallOutcome::Lost { delivery, .. } = &outcome {
                    progress.delivery = before.max(Some(*delivery));
                }
                outcome
            }
        };
        // The life of a server is known once it has said anything; a request to a server that never spoke was lost.
        let server = connection.peer_incarnation();
        if call.open.is_some() && progress.delivery == Some(Delivery::Sent) {
            progress.first_server = progress.first_server.or(server);
        }
        Ok(interpret(outcome, progress.first_server.is_some()))
    }

    /// A connection to the first endpoint that can be reached.
    async fn connect(&self, progress: &mut Progress) -> Result<(Arc<Connection>, Endpoint), SystemException> {
        let path = {
            let state = self.lock();
            if let Some(connection) = state.connection.as_ref().filter(|connection| connection.is_usable()) {
                if let Some(endpoint) = state.path.endpoint_of(connection) {
                    return Ok((connection.clone(), endpoint.clone()));
                }
            }
            state.path.clone()
        };
        if path.endpoints.is_empty() {
            return Err(SystemException::new(
                ExceptionKind::InvObjref,
                Minor::NO_USABLE_PROFILE,
                Completion::No,
            )
            .at(Stage::Resolving));
        }
        let (second, first): (Vec<_>, Vec<_>) =
            path.endpoints.iter().partition(|endpoint| progress.is_second_choice(endpoint));
        for endpoint in first.into_iter().chain(second) {
            progress.tries(endpoint, Stage::Connecting);
            match self.orb.connect(endpoint).await {
                Ok(connection) => {
                    self.lock().connection = Some(connection.clone());
                    return Ok((connection, endpoint.clone()));
                }
                Err(ConnectError::Stopped) => return Err(stopped()),
                Err(cause) => progress.not_reached(endpoint, &cause),
            }
        }
        self.fall_back();
        Err(SystemException::new(ExceptionKind::Transient, Minor::NOT_REACHABLE, Completion::No)
            .at(Stage::Connecting))
    }

    /// Goes where a server points.
    fn follow(&self, to: &Ior, permanent: bool) {
        let path = Arc::new(Path::of(&self.orb, to));
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.path, path);
        state.connection = None;
        if permanent {
            state.original = None;
        } else {
            state.original.get_or_insert(before);
        }
    }

    /// What was forwarded to cannot be reached, or does not have the object: the original may know better. Answers whether
    /// there was one to fall back to.
    fn fall_back(&self) -> bool {
        let mut state = self.lock();
        let original = state.original.take();
        let falls_back = original.is_some();
        if let Some(original) = original {
            state.path = original;
            state.connection = None;
        }
        falls_back
    }

    fn forget_connection(&self) {
        self.lock().connection = None;
    }

    /// The target in this process, if the reference leads there.
    fn collocated(&self) -> Result<Option<LocalTarget>, SystemException> {
        let path = self.lock().path.clone();
        path.own.as_ref().map(|key| self.orb.local_target(key)).transpose()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Path {
    fn of(orb: &Orb, ior: &Ior) -> Path {
        Path { endpoints: endpoints_of(ior, orb.preference()), own: orb.own_key(ior), ior: ior.clone() }
    }

    fn endpoint_of(&self, connection: &Connection) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| connection.serves(endpoint))
    }
}

/// The server asked twice for the same thing.
fn stubborn() -> SystemException {
    SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::No)
        .because("the server asks again for what it was given")
}

/// This broker makes no calls any more.
fn stopped() -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::BROKER_STOPPED, Completion::No)
        .at(Stage::Resolving)
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let mut list = f.debug_list();
        if state.path.own.is_some() {
            list.entry(&"collocated");
        }
        list.entries(state.path.endpoints.iter().map(ToString::to_string)).finish()
    }
}
