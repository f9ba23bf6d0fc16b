//! A call on its way from a reference to its object: attempts, and what a failed one means for the next.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::connection::{CallOutcome, Sent};
use super::orb::{OpenUpdate, Orb};
use super::outcome::{Failed, Received, interpret, outcome_here, outcome_there, stubborn};
use super::outgoing::Outgoing;
use super::progress::Progress;
use super::reach::stopped;
use super::route::{Bound, Route};
use crate::adapter::{Context, Peer};
use crate::exception::{Completion, ExceptionKind, Stage, SystemException};
use crate::model::{Behaviour, Kind};
use crate::object::{Answer, LocalOutcome, Request};
use crate::proto::head::{ChainId, Delivery, RequestIdentity, TraceContext};
use crate::proto::retry::{self, CallKind, Decision, Failure, FailureClass};
use crate::stream::within;

/// What is the same in every attempt of one call.
struct Call<'a> {
    request: &'a Request<'a>,
    /// It changes only while nothing has been executed under it.
    identity: RequestIdentity,
    chain: ChainId,
    /// Calls of the chain that wait for this one.
    depth: u32,
    trace: Option<TraceContext>,
    /// Keeps the sequence number of an update open until the call has ended.
    open: Option<OpenUpdate>,
    /// Its identity is not a fresh one: below this, those who name so have their answers.
    named: Option<u64>,
}

impl Call<'_> {
    /// It must not run twice.
    fn acknowledged_below(&self, orb: &Orb) -> u64 {
        match (self.named, &self.open) {
            (Some(below), _) => below,
            (None, Some(_)) => orb.acknowledged_below(),
            (None, None) => 0,
        }
    }

    fn is_once(&self) -> bool {
        self.open.is_some() || self.named.is_some()
    }
}

impl Route {
    /// Calls the object. Ends by the deadline of the request. Dropping the future cancels the call.
    ///
    /// The future is large: where calls to objects elsewhere matter, see [`call_elsewhere`](Self::call_elsewhere).
    pub(crate) async fn call(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<Option<Answer>, SystemException> {
        let mut progress = self.start(request, parent)?;
        if self.leads_here() {
            match self.call_here(request, parent, &mut progress).await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
                Err(exception) => return Err(progress.conclude(exception)),
            }
        }
        self.attempt_at_once(request, parent, progress).await
    }

    /// The same in a small future, as most calls find their object in another process.
    pub(crate) async fn call_elsewhere(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
    ) -> Result<Option<Answer>, SystemException> {
        if self.leads_here() {
            return Box::pin(self.call(request, parent)).await;
        }
        let progress = self.start(request, parent)?;
        self.attempt_at_once(request, parent, progress).await
    }

    /// Begins a call, unless the broker takes no more of its program's own.
    fn start(&self, request: &Request<'_>, parent: Option<&Context>) -> Result<Progress, SystemException> {
        if self.orb().shared.lifecycle.is_draining() && parent.is_none() {
            return Err(stopped());
        }
        let mut progress = Progress::default();
        progress.as_cbor = request.as_cbor || self.wants_cbor();
        // What interceptors do takes time.
        progress.has_waited = request.passage.is_some();
        Ok(progress)
    }

    /// Makes the first attempt over a connection that stands, and whatever follows if there is none or it fails.
    async fn attempt_at_once(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
        mut progress: Progress,
    ) -> Result<Option<Answer>, SystemException> {
        let mut call = self.identify(request, parent);
        let mut first = None;
        if let Some(bound) = self.at_hand(request, &progress) {
            let tried = request.passage.map(|passage| (passage, passage.tries(&bound.connection.peer)));
            let outcome = match self.attempt_by_shortcut(&call, &mut progress, &bound) {
                Some(outcome) => Some(outcome),
                None => match self.begin(&call, &mut progress, &bound) {
                    Some(Ok(Sent::Waiting(waiting))) => Some(Ok(Some(progress.ends_with(waiting.await)))),
                    Some(Ok(sent)) => Some(Ok(sent.outcome())),
                    Some(Err(exception)) => Some(Err(exception)),
                    None => None,
                },
            };
            if let Some(outcome) = outcome {
                if let Ok(Some(CallOutcome::Late)) = outcome {
                    self.note_silence(&progress, request.time_limit);
                    return Err(progress.time_out(request));
                }
                let received = outcome.map(|outcome| self.receive(&call, &mut progress, &bound, outcome));
                if let Some((passage, tried)) = tried {
                    passage.ended(tried, || outcome_there(&received));
                }
                match received {
                    Ok(Received::Answer(answer)) => return Ok(answer),
                    Ok(received) => first = Some((bound, received)),
                    Err(exception) => return Err(progress.conclude(exception)),
                }
            }
        }
        if request.at_once {
            return Err(progress.conclude(self.only_attempt(first)));
        }
        // Few calls come here. The future is large: it would be moved with each of those around it.
        Box::pin(self.go_on(&mut call, parent, progress, first)).await
    }

    /// Gives a call its identity and its place in a chain of calls.
    fn identify<'a>(&self, request: &'a Request<'a>, parent: Option<&Context>) -> Call<'a> {
        let once = !request.behaviour.is_repeatable() && !request.behaviour.oneway;
        let names = parent.and_then(Context::update_names).filter(|_| once);
        let named = names.map(|names| {
            let path = self.path();
            let key = path.endpoints.first().map_or(&[][..], |endpoint| &endpoint.key.0);
            names.name(key, request.operation.as_bytes())
        });
        let (identity, open) = match (once, named) {
            (true, Some(named)) => (named.identity, None),
            (true, None) => {
                let (identity, open) = self.orb().open_update();
                (identity, Some(open))
            }
            (false, _) if request.behaviour.oneway => (self.orb().next_oneway(), None),
            (false, _) => (self.orb().next_identity(), None),
        };
        Call {
            request,
            identity,
            chain: parent.map_or_else(|| ChainId::starting_with(&identity), Context::chain),
            depth: parent.map_or(0, |parent| parent.depth().saturating_add(1)),
            trace: match request.passage {
                Some(passage) => passage.trace.clone(),
                None => parent.and_then(|parent| parent.trace().cloned()),
            },
            open,
            named: named.map(|named| named.acknowledged_below),
        }
    }

    /// A connection for an attempt that can begin at once, and that minds the deadline of the call.
    fn at_hand(&self, request: &Request<'_>, progress: &Progress) -> Option<Bound> {
        // The deadline of a call with streams moves.
        let stays = request.activity.is_none();
        stays.then(|| self.standing(false, progress))?.filter(|bound| bound.connection.is_driven_here())
    }

    /// Makes the first attempt over the shortcut beside a connection, if there is one and the call may take it. Blocks.
    fn attempt_by_shortcut(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
    ) -> Option<Result<Option<CallOutcome>, SystemException>> {
        let request = call.request;
        if !request.may_block {
            return None;
        }
        let shortcut = bound.connection.shortcut(&request.behaviour)?;
        let outgoing = self.outgoing(call, progress, bound);
        let called = shortcut.call(&outgoing, request.time_limit, request.deadline);
        bound.connection.hears_at(shortcut.used_at());
        if !shortcut.is_usable() {
            drop(shortcut);
            bound.connection.look_beside();
        }
        let called = called?;
        Some(called.map(|outcome| {
            progress.waits(&bound.endpoint);
            Some(progress.ends_with(outcome))
        }))
    }

    /// Begins the first attempt, if there is room for it: what almost every call is. Then nothing is to be waited for but the
    /// reply.
    fn begin(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
    ) -> Option<Result<Sent, SystemException>> {
        let outgoing = self.outgoing(call, progress, bound);
        let sent = bound.connection.send_now(&outgoing, call.request.deadline)?;
        if let Ok(Sent::Waiting(_)) = sent {
            progress.waits(&bound.endpoint);
        }
        Some(sent)
    }

    /// Goes on with a call whose first attempt has not come to its end.
    async fn go_on(
        &self,
        call: &mut Call<'_>,
        parent: Option<&Context>,
        mut progress: Progress,
        first: Option<(Bound, Received)>,
    ) -> Result<Option<Answer>, SystemException> {
        let request = call.request;
        let ended = {
            // The future is large: it is passed on by reference.
            let run = pin!(self.run(call, parent, &mut progress, first));
            within(request, run).await
        };
        match ended {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(exception)) => Err(progress.conclude(exception)),
            Err(_) => {
                self.note_silence(&progress, request.time_limit);
                Err(progress.time_out(request))
            }
        }
    }

    /// Calls the object as long as it is in this process; none if it is elsewhere.
    async fn call_here(
        &self,
        request: &Request<'_>,
        parent: Option<&Context>,
        progress: &mut Progress,
    ) -> Result<Option<Option<Answer>>, SystemException> {
        let forwards_max = self.orb().limits().forwards_max;
        loop {
            let path = self.path();
            let local = match self.collocated(&path) {
                Ok(Some(local)) => local,
                Ok(None) => return Ok(None),
                Err(gone) => {
                    if !self.look_elsewhere(&path, progress, request.deadline).await {
                        return Err(gone);
                    }
                    progress.is_sent_on(forwards_max)?;
                    continue;
                }
            };
            progress.has_waited = true;
            let here = request.passage.map(|passage| (passage, Peer::collocated()));
            let tried = here.as_ref().map(|(passage, peer)| (passage, passage.tries(peer)));
            let outcome = local.call(request, parent).await;
            if let Some((passage, tried)) = tried {
                passage.ended(tried, || outcome_here(&outcome));
            }
            match outcome? {
                LocalOutcome::Answered(answer) => return Ok(Some(answer)),
                LocalOutcome::Forwarded { to, permanent } => {
                    progress.is_sent_on(forwards_max)?;
                    self.follow(&path, &to, permanent);
                }
            }
        }
    }

    /// Attempts until one succeeds or the retry table says that it is over.
    async fn run(
        &self,
        call: &mut Call<'_>,
        parent: Option<&Context>,
        progress: &mut Progress,
        mut first: Option<(Bound, Received)>,
    ) -> Result<Option<Answer>, SystemException> {
        loop {
            let attempted = match first.take() {
                Some(attempted) => Ok(attempted),
                None => {
                    // An update that may have been executed goes only where its identity is understood.
                    let native_only = progress.may_have_run() && call.is_once() && !progress.is_shared();
                    match self.connect(native_only, progress, call.request.deadline).await {
                        Ok(bound) => {
                            let received = self.watched_attempt(call, progress, &bound).await?;
                            Ok((bound, received))
                        }
                        Err(exception) => Err(exception),
                    }
                }
            };
            let failed = match attempted {
                Ok((bound, received)) => match received {
                    Received::Answer(answer) => return Ok(answer),
                    Received::Forward { to, permanent } => {
                        progress.is_sent_on(self.orb().limits().forwards_max)?;
                        progress.is_forwarded_by(bound.connection.peer_incarnation());
                        self.follow(&bound.path, &to, permanent);
                        match self.call_here(call.request, parent, progress).await? {
                            Some(answer) => return Ok(answer),
                            None => continue,
                        }
                    }
                    Received::WantsCbor if !progress.as_cbor => {
                        progress.as_cbor = true;
                        bound.path.wants_cbor.store(true, Ordering::Relaxed);
                        continue;
                    }
                    Received::WantsAddressing(how) if progress.addressing != Some(how) => {
                        progress.is_sent_on(self.orb().limits().forwards_max)?;
                        progress.addressing = Some(how);
                        continue;
                    }
                    Received::WantsCbor | Received::WantsAddressing(_) => return Err(stubborn()),
                    Received::Failed(failed) => {
                        self.forget_connection(&bound.connection);
                        progress.failed(&bound.endpoint, &failed.exception);
                        if failed.class == FailureClass::NotHere {
                            // The next attempt must not find the same server over the same connection.
                            bound.connection.make_unusable();
                            self.orb().note_leaving(&bound.endpoint.address);
                        }
                        if failed.exception.completed() == Completion::No && !progress.may_have_run() {
                            progress.nothing_executed();
                        }
                        if let Some(incarnation) = failed.readmitted_in.filter(|_| call.named.is_none())
                            && failed.exception.completed() == Completion::No
                            && !progress.may_have_run()
                        {
                            progress.is_sent_on(self.orb().limits().forwards_max)?;
                            call.identity = self.orb().begin_again(call.identity, incarnation);
                            continue;
                        }
                        if failed.exception.kind() == ExceptionKind::ObjectNotExist
                            && self.look_elsewhere(&bound.path, progress, call.request.deadline).await
                        {
                            progress.is_sent_on(self.orb().limits().forwards_max)?;
                            continue;
                        }
                        failed
                    }
                },
                Err(exception) => Failed::unreachable(exception),
            };
            self.decide(call, progress, failed).await?;
        }
    }

    /// An attempt that interceptors see.
    async fn watched_attempt(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
    ) -> Result<Received, SystemException> {
        let Some(passage) = call.request.passage else {
            return self.attempt(call, progress, bound).await;
        };
        let tried = passage.tries(&bound.connection.peer);
        let received = self.attempt(call, progress, bound).await;
        passage.ended(tried, || outcome_there(&received));
        received
    }

    /// Sends the request on a connection and waits for what comes.
    async fn attempt(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
    ) -> Result<Received, SystemException> {
        let outgoing = self.outgoing(call, progress, bound);
        progress.tries(&bound.endpoint, Stage::Sending);
        let outcome = match bound.connection.send(&outgoing).await? {
            Sent::Waiting(waiting) => {
                progress.waits(&bound.endpoint);
                Some(progress.ends_with(waiting.await))
            }
            sent => sent.outcome(),
        };
        Ok(self.receive(call, progress, bound, outcome))
    }

    fn outgoing<'a>(&self, call: &'a Call<'a>, progress: &mut Progress, bound: &'a Bound) -> Outgoing<'a> {
        Outgoing {
            endpoint: &bound.endpoint,
            request: call.request,
            identity: call.identity,
            acknowledged_below: call.acknowledged_below(self.orb()),
            once: call.is_once(),
            retry_of_server: progress.first_server,
            chain: call.chain,
            depth: call.depth,
            trace: call.trace.clone(),
            as_cbor: progress.as_cbor,
            has_waited: std::mem::replace(&mut progress.has_waited, true),
            addressing: progress.addressing.map(|how| (how, &*bound.path.ior)),
        }
    }

    /// What an attempt has come to; no outcome if nobody waits for one.
    fn receive(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        bound: &Bound,
        outcome: Option<CallOutcome>,
    ) -> Received {
        let Some(outcome) = outcome else { return Received::Answer(None) };
        // A server has said which life of it this is before it can have executed anything for us; one that never spoke on
        // this connection cannot be recognised.
        if call.is_once() && progress.delivery == Some(Delivery::Sent) {
            progress.sent_to(&bound.endpoint, bound.connection.peer_incarnation());
        }
        if let CallOutcome::Reply(head, _) = &outcome
            && let Some(set) = &head.new_endpoint_set
        {
            self.adopt(bound, set);
        }
        if let (Some(passage), CallOutcome::Reply(head, _)) = (call.request.passage, &outcome) {
            passage.replied(&head.contexts);
        }
        interpret(outcome)
    }

    /// Asks the retry table; returns if the call is to be attempted again, after the pause that the table wants.
    async fn decide(
        &self,
        call: &Call<'_>,
        progress: &mut Progress,
        failed: Failed,
    ) -> Result<(), SystemException> {
        progress.failures += 1;
        if call.request.activity.as_ref().is_some_and(|activity| activity.is_touched()) {
            // What was read of its streams cannot be sent again.
            return Err(failed.exception);
        }
        if self.orb().shared.lifecycle.is_stopped() {
            // Nothing will be sent any more, and the runtime may be gone, on which a pause would wait.
            return Err(failed.exception);
        }
        let failure = Failure {
            class: failed.class,
            kind: call_kind(&call.request.behaviour),
            completion: failed.exception.completed(),
            delivery: failed.delivery,
            same_server_known: progress.first_server.is_some(),
            remembered_by_all: progress.is_shared(),
            attempts: progress.failures,
            deadline_left: Some(call.request.deadline.saturating_duration_since(Instant::now())),
        };
        match retry::decide(&self.orb().retry_limits(), &failure, self.orb().random()) {
            Decision::Retry { after, .. } => {
                let exception = &failed.exception;
                tracing::debug!(operation = %call.request.operation, %exception, ?after, "a call is repeated");
                tokio::time::sleep(after).await;
                Ok(())
            }
            Decision::Fail(_) => Err(failed.exception),
        }
    }
}

fn call_kind(behaviour: &Behaviour) -> CallKind {
    match behaviour {
        behaviour if behaviour.oneway => CallKind::Oneway,
        behaviour if behaviour.kind == Kind::Query => CallKind::Query,
        behaviour if behaviour.idempotent => CallKind::Idempotent,
        _ => CallKind::Update,
    }
}

impl Failed {
    fn unreachable(exception: SystemException) -> Failed {
        let class = match exception.kind() {
            ExceptionKind::Transient => FailureClass::Unreachable,
            _ => FailureClass::Lasting,
        };
        Failed { class, delivery: Delivery::NotSent, exception, readmitted_in: None }
    }
}
