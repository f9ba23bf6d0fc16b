//! The way of calls from a reference to its object: choose an endpoint, connect, send, and decide what a failure means.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use quorb_giop::ior::Ior;
use quorb_giop::message::AddressingDisposition;

use super::connection::{CallOutcome, Connection, Sent};
use super::endpoint::{Endpoint, endpoints_of};
use super::orb::{OpenUpdate, Orb};
use super::outcome::{Received, interpret};
use super::outgoing::Outgoing;
use crate::adapter::Context;
use crate::exception::{Attempt, Completion, ExceptionKind, Minor, Stage, SystemException};
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

/// What the attempts of one call have come to.
#[derive(Default)]
struct Progress {
    attempts: Vec<Attempt>,
    /// Repetitions made by the retry table.
    retries: u32,
    forwards: u32,
    /// Whether the body goes as CBOR: the caller wants it, or the server asked for it.
    as_cbor: bool,
    /// How the server asked the object to be named.
    addressing: Option<AddressingDisposition>,
    /// The incarnation of the server that a request was first sent to.
    first_server: Option<u64>,
    /// How much of the request has left, over all attempts: what a timeout has to admit.
    delivery: Option<Delivery>,
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
        if let Some(local) = self.collocated()? {
            return local.call(request, parent).await;
        }
        let identity = self.orb.next_identity();
        let once = !request.behaviour.is_repeatable() && !request.behaviour.oneway;
        let call = Call {
            request,
            identity,
            chain: parent.map_or_else(|| ChainId::starting_with(&identity), Context::chain),
            trace: parent.and_then(|parent| parent.trace().cloned()),
            open: once.then(|| self.orb.open_update(identity.sequence)),
        };
        let mut progress = Progress { as_cbor: request.as_cbor, ..Progress::default() };
        let deadline = tokio::time::Instant::from_std(request.deadline);
        match tokio::time::timeout_at(deadline, self.run(&call, &mut progress)).await {
            Ok(result) => {
                result.map_err(|exception| exception.after_attempts(std::mem::take(&mut progress.attempts)))
            }
            Err(_) => Err(timed_out(request, progress)),
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
                        self.follow(&to, permanent, progress)?;
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
                        progress.addressing = Some(disposition);
                        continue;
                    }
                    Received::WantsCbor | Received::WantsAddressing(_) => return Err(stubborn()),
                    Received::Failed(failure, exception) => {
                        progress
                            .attempts
                            .push(Attempt { address: endpoint.to_string(), outcome: one_clause(&exception) });
                        (failure, exception)
                    }
                },
                Err(exception) => (Failure::not_reached(), exception),
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
        let behaviour = match call.request.behaviour {
            behaviour if behaviour.oneway => Behaviour::Oneway,
            behaviour if behaviour.kind == Kind::Query => Behaviour::Query,
            behaviour if behaviour.idempotent => Behaviour::Idempotent,
            _ => Behaviour::Update,
        };
        let limits = self.orb.retry_limits();
        match retry::decide(&limits, behaviour, &failure, progress.retries, left, self.orb.random()) {
            Decision::Retry { after, .. } => {
                progress.retries += 1;
                tracing::debug!(operation = %call.request.operation, %exception, ?after, "a call is repeated");
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
        let outcome = match connection.send(&outgoing).await? {
            Sent::Oneway => return Ok(Received::Answer(None)),
            Sent::Lost { cause } => CallOutcome::Lost { delivery: Delivery::NotSent, cause },
            Sent::Waiting(waiting) => {
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
        for endpoint in &path.endpoints {
            match self.orb.connect(endpoint).await {
                Ok(connection) => {
                    self.lock().connection = Some(connection.clone());
                    return Ok((connection, endpoint.clone()));
                }
                Err(cause) => progress
                    .attempts
                    .push(Attempt { address: endpoint.to_string(), outcome: cause.to_string() }),
            }
        }
        self.fall_back();
        Err(SystemException::new(ExceptionKind::Transient, Minor::NOT_REACHABLE, Completion::No)
            .at(Stage::Connecting))
    }

    /// Goes where a server points, up to a limit of times.
    fn follow(&self, to: &Ior, permanent: bool, progress: &mut Progress) -> Result<(), SystemException> {
        progress.forwards += 1;
        if progress.forwards > self.orb.limits().forwards_max {
            return Err(SystemException::new(
                ExceptionKind::Transient,
                Minor::TOO_MANY_FORWARDS,
                Completion::No,
            )
            .at(Stage::Resolving)
            .because(format_args!("{} forwards followed", self.orb.limits().forwards_max)));
        }
        let path = Arc::new(Path::of(&self.orb, to));
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.path, path);
        state.connection = None;
        if permanent {
            state.original = None;
        } else {
            state.original.get_or_insert(before);
        }
        Ok(())
    }

    /// What was forwarded to cannot be reached: the original may know better.
    fn fall_back(&self) {
        let mut state = self.lock();
        if let Some(original) = state.original.take() {
            state.path = original;
            state.connection = None;
        }
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

fn timed_out(request: &Request<'_>, progress: Progress) -> SystemException {
    // What never left cannot have been executed; of what has left, nobody can tell.
    let (stage, completed) = match progress.delivery {
        None => (Stage::Connecting, Completion::No),
        Some(_) => (Stage::Waiting, Completion::Maybe),
    };
    SystemException::new(ExceptionKind::Timeout, Minor::DEADLINE_PASSED, completed)
        .at(stage)
        .because(format_args!("no reply within {:?}", request.time_limit))
        .after_attempts(progress.attempts)
}

/// What an attempt came to, in a few words.
fn one_clause(exception: &SystemException) -> String {
    match exception.report().and_then(|report| report.detail.as_deref()) {
        Some(detail) => format!("{}: {detail}", exception.kind()),
        None => match exception.minor().phrase(exception.kind()) {
            Some(phrase) => format!("{}: {phrase}", exception.kind()),
            None => exception.kind().to_string(),
        },
    }
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
