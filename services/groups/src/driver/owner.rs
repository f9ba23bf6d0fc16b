//! The owner: the one task that drives a core.
//!
//! ```text
//!   wait for: a frame, a dial, an end of a link | a call | a connection to accept | the core's next time
//!   take what else is at hand -> tick if it is time -> poll -> carry out the effects in order
//! ```

use super::authority::Authority;
use super::call::{Call, StatePlace};
use super::error::Ended;
use super::limits::DriverLimits;
use super::link::{self, Link, Net};
use super::lives::{Life, Running};
use super::log::{LogHandle, Report};
use super::metrics::Metrics;
use super::obstacle::Obstacles;
use super::outbox::{Outbox, OutboxReader, Sending};
use super::registry::GroupEntry;
use super::rooms::Rooms;
use crate::core::{
    Address, Config, Core, Effect, Event, GroupOptions, GroupView, LinkId, Recovered, Time, Upcall, View,
};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// Frames and calls taken in one turn, so that ticks come in time.
const TURN_MAX: usize = 256;
/// Room for so many messages of the application is kept from turn to turn.
const SENDS_KEPT: usize = 4096;
/// The least between two wakes by time.
const WAKE_MIN: Duration = Duration::from_millis(1);
/// After accepting has failed, for want of descriptors for instance, it rests for so long.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// One process. The fields are dropped in this order: the listener goes first, so that whoever dials on the end of a link is
/// refused, which is evidence.
#[derive(Debug)]
pub(super) struct Owner {
    listener: TcpListener,
    links: BTreeMap<LinkId, Link>,
    last_link: u64,
    core: Core,
    origin: Instant,
    limits: DriverLimits,
    calls: mpsc::Receiver<Call>,
    outbox: OutboxReader,
    sends: Vec<Sending>,
    network: mpsc::Receiver<Net>,
    net: mpsc::Sender<Net>,
    rooms: Rooms,
    authority: Arc<Authority>,
    view: watch::Sender<View>,
    /// Told with the first view.
    joined: Option<oneshot::Sender<()>>,
    effects: Vec<Effect>,
    ended: Option<Ended>,
    accept_from: Instant,
    /// How long to look for work without sleeping, and when there last was some.
    spin: Duration,
    busy_at: Instant,
    log: Option<LogHandle>,
    reports: mpsc::UnboundedReceiver<Report>,
    obstacles: Obstacles,
}

/// The log of a process: what it found there, who writes it, and what that one reports.
pub(super) struct Past {
    pub(super) recovered: Recovered,
    pub(super) log: LogHandle,
    pub(super) reports: mpsc::UnboundedReceiver<Report>,
}

impl Owner {
    /// Starts a process on the present runtime: its so-manyth life, which tells its views here.
    pub(super) fn start(
        config: Config,
        listener: TcpListener,
        (limits, spin): (DriverLimits, Duration),
        past: Option<Past>,
        (number, view): (u64, watch::Sender<View>),
        obstacles: Obstacles,
    ) -> Running {
        let process = config.process;
        // The core's times begin at one: zero stands for never.
        let origin = Instant::now() - Duration::from_micros(1);
        let authority = Arc::new(Authority::new(origin));
        let (core, log, reports) = match past {
            Some(Past { recovered, log, reports }) => {
                (Core::recovered(config, recovered, Time(1)), Some(log), reports)
            }
            None => (Core::new(config, Time(1)), None, mpsc::unbounded_channel().1),
        };
        let (joined, has_joined) = oneshot::channel();
        let (caller, calls) = mpsc::channel(limits.calls_waiting_max);
        let outbox = Arc::new(Outbox::default());
        let (net, network) = mpsc::channel(limits.frames_waiting_max);
        let owner = Self {
            listener,
            links: BTreeMap::new(),
            last_link: 0,
            core,
            origin,
            rooms: Rooms::new(
                limits.clone(),
                caller.downgrade(),
                Arc::clone(&outbox),
                Arc::clone(&authority),
            ),
            authority,
            outbox: OutboxReader(Arc::clone(&outbox)),
            sends: Vec::new(),
            limits,
            calls,
            network,
            net,
            view,
            joined: Some(joined),
            effects: Vec::new(),
            ended: None,
            accept_from: origin,
            spin,
            busy_at: origin,
            log,
            reports,
            obstacles,
        };
        let owner = tokio::spawn(owner.run());
        Running { life: Life { number, process, calls: caller, outbox }, owner, joined: has_joined }
    }

    fn now(&self) -> Time {
        Time(self.origin.elapsed().as_micros() as u64)
    }

    async fn run(mut self) -> Ended {
        let now = self.now();
        self.core.handle(Event::Tick, now);
        self.turn();
        loop {
            if let Some(ended) = self.ended {
                self.rooms.close_all(ended);
                self.hang_up().await;
                return ended;
            }
            let due = self.origin + Duration::from_micros(self.core.wake_at().0);
            let wake = due.max(Instant::now() + WAKE_MIN);
            let accepting = self.links.len() < self.limits.links_max && Instant::now() >= self.accept_from;
            let spins = !self.spin.is_zero() && self.busy_at.elapsed() < self.spin;
            tokio::select! {
                biased;
                accepted = self.listener.accept(), if accepting => self.accepted(accepted),
                Some(net) = self.network.recv() => self.happened(net),
                Some(report) = self.reports.recv() => self.reported(report),
                () = self.outbox.0.filled() => {}
                call = self.calls.recv() => match call {
                    Some(call) => {
                        self.take_sends();
                        self.called(call);
                    }
                    None => self.ended = Some(Ended::Dropped),
                },
                () = sleep_until(wake) => {}
                () = spin_once(), if spins => continue,
            }
            self.busy_at = Instant::now();
            self.take_what_is_there();
            let now = self.now();
            if now >= self.core.wake_at() {
                self.core.handle(Event::Tick, now);
                self.rooms.watch_lagging(&mut self.core);
            }
            self.turn();
        }
    }

    /// Takes in what else is at hand. A message that was sent before a call was made is taken before it.
    fn take_what_is_there(&mut self) {
        let calls: Vec<Call> = std::iter::from_fn(|| self.calls.try_recv().ok()).take(TURN_MAX).collect();
        self.take_sends();
        calls.into_iter().for_each(|call| self.called(call));
        for _ in 0..TURN_MAX {
            let Ok(net) = self.network.try_recv() else { break };
            self.happened(net);
        }
        while let Ok(report) = self.reports.try_recv() {
            self.reported(report);
        }
    }

    fn take_sends(&mut self) {
        let (mut sends, mut caught_up) = (std::mem::take(&mut self.sends), Vec::new());
        self.outbox.0.take(&mut sends, &mut caught_up);
        self.rooms.send(&mut self.core, &mut sends);
        caught_up.into_iter().for_each(|group| self.rooms.caught_up(&mut self.core, group));
        if sends.capacity() <= SENDS_KEPT {
            self.sends = sends;
        }
    }

    /// Ends all links so that the others get the last word, which may be the decision that lets this process go: each is
    /// written out and then read until the other side closes too, for a connection closed with unread octets is reset, and
    /// a reset overtakes what was written.
    async fn hang_up(self) {
        let Self { listener, links, mut network, net, limits, .. } = self;
        drop((listener, net));
        let readers: Vec<_> = links.into_values().map(Link::finish).collect();
        // The network ends when the last link has let go of it.
        let rest = async { while network.recv().await.is_some() {} };
        if tokio::time::timeout(limits.leave_wait, rest).await.is_err() {
            tracing::debug!("links still open when leaving");
        }
        readers.iter().for_each(tokio::task::AbortHandle::abort);
    }

    fn happened(&mut self, net: Net) {
        let event = match net {
            Net::Received { link, frame } => {
                if let Some(link) = self.links.get_mut(&link) {
                    link.retry = None;
                }
                Event::Received { link, frame }
            }
            Net::Closed { link } => {
                self.ask_again(link);
                Event::Closed { link }
            }
            Net::Dialled { address, stream: Ok(stream), again } => {
                return self.opened(stream, Some(address), again);
            }
            Net::Dialled { address, stream: Err(error), .. } => {
                let refused = error.kind() == io::ErrorKind::ConnectionRefused;
                tracing::debug!(%address, %error, refused, "cannot dial");
                Event::DialFailed { address, refused }
            }
        };
        let now = self.now();
        self.core.handle(event, now);
    }

    fn reported(&mut self, report: Report) {
        match report {
            Report::Synced(number) => {
                let now = self.now();
                self.core.handle(Event::Synced { number }, now);
            }
            Report::Failed(kind) => self.ended = Some(Ended::LogFailed(kind)),
        }
    }

    /// A process that dies may lose its connections before its listener: then the dial that asks whether it is gone still
    /// finds the listener's queue, and ends without a word. Asked once more, the host gives the answer, which is evidence.
    fn ask_again(&mut self, link: LinkId) {
        if let Some(address) = self.links.remove(&link).and_then(|mut link| link.retry.take()) {
            link::dial(address, true, self.net.clone(), &self.limits);
        }
    }

    fn opened(&mut self, stream: TcpStream, dialled: Option<Address>, again: bool) {
        self.last_link += 1;
        let link = LinkId(self.last_link);
        let mut started = Link::start(link, stream, &self.net, &self.limits);
        started.retry = dialled.clone().filter(|_| !again);
        self.links.insert(link, started);
        let now = self.now();
        self.core.handle(Event::Opened { link, dialled }, now);
    }

    fn accepted(&mut self, accepted: io::Result<(TcpStream, std::net::SocketAddr)>) {
        match accepted {
            Ok((stream, _)) => self.opened(stream, None, false),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                self.accept_from = Instant::now() + ACCEPT_REST;
            }
        }
    }

    fn called(&mut self, call: Call) {
        let core = &mut self.core;
        match call {
            Call::Enter { name, options, reply } => self.rooms.enter(core, name, options, reply),
            Call::Flush { group, reply } => self.rooms.flush(core, group, reply),
            Call::Cast { payload, answer } => self.rooms.requests.cast(core, payload, answer),
            Call::Reset { name, answer } => self.rooms.requests.reset(core, &name, answer),
            Call::Dissolve { name, answer } => self.rooms.requests.dissolve(core, &name, answer),
            Call::Query { group, token } => self.rooms.query(core, group, token),
            Call::LeaveGroup { group } => self.rooms.leave(core, group),
            Call::State { group, place, state } => {
                let taken = match place {
                    StatePlace::Cut(cut) => core.state(group, cut, &state),
                    StatePlace::Checkpoint(index) => core.checkpoint(group, index, &state),
                };
                if let Err(error) = taken {
                    tracing::warn!(group = group.0, octets = state.len(), %error, "state not taken");
                }
            }
            // Whoever asked may have gone.
            Call::Metrics { reply } => drop(reply.send(self.metrics())),
            Call::Groups { reply } => drop(reply.send(groups(core))),
            Call::Leave => {
                if core.leave().is_err() {
                    self.ended = Some(Ended::Left);
                }
            }
        }
    }

    fn metrics(&self) -> Metrics {
        let mut metrics = Metrics {
            counters: self.core.counters(),
            windows_bytes: self.core.windows_bytes(),
            messages_kept: self.core.kept_messages(),
            links: self.links.len(),
            links_queued_bytes: self.links.values().map(Link::queued_bytes).sum(),
            ..Metrics::default()
        };
        self.rooms.measure(&mut metrics);
        metrics
    }

    /// Polls the core and carries out its effects, until nothing calls it in return.
    fn turn(&mut self) {
        let mut again = true;
        while std::mem::take(&mut again) {
            let mut effects = std::mem::take(&mut self.effects);
            let now = self.now();
            self.core.poll(now, &mut effects);
            self.rooms.close_gates(&mut self.core);
            self.authority.publish(self.core.acts_from());
            self.authority.restrict_reads(self.core.reads_until());
            let mut overflown = Vec::new();
            for effect in effects.drain(..) {
                match effect {
                    Effect::Dial { address } => link::dial(address, false, self.net.clone(), &self.limits),
                    Effect::Close { link } => drop(self.links.remove(&link)),
                    Effect::Send { link, head, body } => {
                        let sent = self.links.get(&link).is_none_or(|l| l.send((head, body), &self.limits));
                        if !sent {
                            self.links.remove(&link);
                            overflown.push(link);
                        }
                    }
                    Effect::Append { number, record } => {
                        self.log.iter().for_each(|log| log.append(number, record.clone()));
                    }
                    Effect::Forget { before } => self.log.iter().for_each(|log| log.forget(before)),
                    Effect::Tell(upcall) => again |= self.told(upcall),
                }
            }
            self.effects = effects;
            for link in overflown {
                tracing::warn!(link = link.0, "too much waits to be written: link closed");
                let now = self.now();
                self.core.handle(Event::Closed { link }, now);
                again = true;
            }
            again |= self.rooms.hand_over(&mut self.core);
        }
        self.rooms.open_gates(&self.core);
        self.authority.allow_reads(self.core.reads_until());
    }

    /// True if the core was called in return.
    fn told(&mut self, upcall: Upcall) -> bool {
        match upcall {
            Upcall::View(view) => {
                tracing::info!(number = view.number.0, members = ?view.members, "view");
                self.view.send_replace(view);
                // Whoever waited for it may have gone.
                let _ = self.joined.take().map(|joined| joined.send(()));
                self.rooms.close_all_gates();
                false
            }
            Upcall::Protocol { version } => {
                tracing::info!(%version, "the domain runs at this version of the protocol");
                false
            }
            Upcall::Excluded => {
                tracing::warn!("excluded by the domain");
                self.ended = Some(Ended::Excluded);
                false
            }
            Upcall::TooOld => {
                self.ended = Some(Ended::TooOld);
                false
            }
            Upcall::Left => {
                self.ended = Some(Ended::Left);
                false
            }
            upcall @ (Upcall::Unwelcome { .. } | Upcall::Waiting { .. }) => {
                self.obstacles.met(upcall);
                false
            }
            upcall => self.rooms.told(&mut self.core, upcall),
        }
    }
}

/// The groups of the domain as they are now.
fn groups(core: &Core) -> Vec<GroupEntry> {
    let options = |view: &GroupView| core.options_of(view.group).unwrap_or(GroupOptions::PLAIN);
    core.groups().map(|view| GroupEntry { options: options(&view), view }).collect()
}

/// Looks again without sleeping, after others that want the processor have had it.
async fn spin_once() {
    std::thread::yield_now();
    tokio::task::yield_now().await;
}
