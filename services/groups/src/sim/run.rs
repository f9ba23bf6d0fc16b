//! One run: a scenario under a seed. First faults and traffic; then the faults end, and the system must heal, serve, and
//! hold everything it has acknowledged; then all invariants look at the trace.

use super::Violation;
use super::disk::Disk;
use super::invariants;
use super::scenario::{Scenario, drawn};
use super::trace::{End, Trace};
use super::world::{Due, World};
use crate::core::{Config, Counters, DomainId, Event, Mutation, ProcessId, Protocol, Stage, View};
use crate::object::proto::{Mistake, Style};
use std::collections::BTreeMap;
use std::time::Duration;

/// When faults end, in microseconds of virtual time.
const FAULTS_END: u64 = 4_000_000;
/// When traffic ends.
const TRAFFIC_END: u64 = 5_500_000;
/// By then everything must have come to rest.
const REST_BY: u64 = 20_000_000;

/// Messages that a run has before its traffic ends, if it ends in time: a domain that its faults kept still for long begins late.
const MESSAGES_MIN: usize = 200;

/// When traffic ends whatever there was of it. Virtual microseconds.
const TRAFFIC_LATEST: u64 = 12_000_000;

/// How to run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The scenario; by the seed if there is none.
    pub scenario: Option<&'static Scenario>,
    /// How many machines; by the scenario if there is none.
    pub nodes: Option<usize>,
    #[doc(hidden)]
    pub mutation: Option<Mutation>,
    /// Serve an object in this style, too, and let clients call it.
    pub objects: Option<Style>,
    #[doc(hidden)]
    pub mistake: Option<Mistake>,
    /// Print what happens.
    pub verbose: bool,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The first thing that did not hold.
    pub violation: Option<Violation>,
    /// The sum of all processes' counters.
    pub counters: Counters,
    /// Messages sent.
    pub messages: u64,
    /// Faults injected.
    pub faults: u64,
    /// Queries answered.
    pub answers: u64,
    /// What the object has gone through, if there is one.
    pub object: Vec<(&'static str, u64)>,
    /// Whether the domain had to be founded again because too little of it was left.
    pub refounded: bool,
    /// Invariants that did not hold, and need not under the scenario's clocks.
    pub excused: u64,
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, settings: &Settings) -> Outcome {
    let scenario = settings.scenario.unwrap_or_else(|| match settings.objects {
        Some(_) => super::objects::drawn(seed),
        None => drawn(seed),
    });
    let mut world = build(seed, scenario, settings);
    plan(&mut world, scenario);
    world.go_until(FAULTS_END);
    world.heal();
    let mut refounded = false;
    world.go_until(FAULTS_END + 1_200_000);
    let (viable, stranded) = world.judge();
    if !stranded.is_empty() {
        refounded = !viable;
        world.blame_who_left();
        for &node in &stranded {
            world.stop(node, End::Crashed, false);
        }
        world.go_until(world.now + 300_000);
        for node in stranded {
            world.start(node);
        }
    }
    world.go_until(TRAFFIC_END);
    while world.now < REST_BY && (world.has_traffic() || world.unrest().is_some()) {
        world.go_until(world.now + 250_000);
    }
    if settings.verbose {
        world.describe();
    }
    finish(world, refounded, scenario.excused)
}

fn build(seed: u64, scenario: &Scenario, settings: &Settings) -> World {
    let mut random = super::random::Random::new(seed ^ 0x51);
    let drawn = random.between(scenario.nodes.0, scenario.nodes.1) as usize;
    let nodes = settings.nodes.unwrap_or(drawn).max(1);
    let seeds: Vec<String> = (0..scenario.seeds.min(nodes)).map(|i| format!("n{i}")).collect();
    let seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
    let mut template = Config::new("simulated", ProcessId(0), "", &seeds);
    template.silence = Duration::from_millis(scenario.silence_ms);
    template.lease_max = Duration::from_millis(scenario.lease_ms.1);
    template.drift_permille = scenario.bound_permille;
    template.gather = Duration::from_millis(5);
    template.slow_member = Duration::from_secs(2);
    template.limits.state_chunk_bytes = 64;
    template.limits.state_chunks_ahead = 2;
    template.limits.window_bytes_max = 4096;
    template.limits.log_compact_bytes = scenario.log_compact_bytes;
    template.limits.log_part_bytes = scenario.log_part_bytes;
    if scenario.large {
        template.limits.part_bytes_max = 100;
        template.limits.parts_ahead_bytes_max = 400;
        template.limits.batch_bytes_max = 250;
    }
    template.limits.handover_after_messages = scenario.handover_after;
    template.mutation = settings.mutation;
    let mut world = World::new(seed, nodes, template);
    world.trace.durable = scenario.durable;
    world.large = scenario.large;
    if scenario.durable {
        for (i, node) in world.nodes.iter_mut().enumerate() {
            node.disk = Some(Disk::new((seed << 16 | i as u64) + 1));
        }
    }
    if scenario.upgrades {
        world.mix_versions();
    }
    world.drift_permille = scenario.drift_permille;
    world.lease_ms = scenario.lease_ms;
    world.profile = scenario.profile;
    world.dissolves = scenario.dissolves;
    if let Some(style) = settings.objects {
        world.open_market(style, settings.mistake);
    }
    world
}

/// Schedules starts and faults.
fn plan(world: &mut World, scenario: &Scenario) {
    for node in 0..world.nodes.len() {
        let at = if node < scenario.seeds {
            world.random.between(0, 50_000)
        } else {
            world.random.between(0, 700_000)
        };
        world.schedule(at, Due::Start { node });
    }
    let count = world.random.between(scenario.count.0, scenario.count.1);
    for _ in 0..count {
        let at = world.random.between(400_000, FAULTS_END - 100_000);
        let fault = *world.random.pick(scenario.faults);
        world.schedule(at, Due::Fault { fault });
    }
}

impl World {
    /// Whether the applications go on sending.
    fn has_traffic(&self) -> bool {
        let wanting =
            self.market.is_none() && self.trace.sent.len() < MESSAGES_MIN && self.now < TRAFFIC_LATEST;
        self.now < TRAFFIC_END || wanting
    }

    pub(super) fn go_until(&mut self, until: u64) {
        while let Some(due) = self.next(until) {
            match due {
                Due::Arrive { link, side } => self.arrive(link, side),
                Due::Dialled { node, process, address } => self.dialled(node, process, address),
                Due::DialFailed { node, process, address, refused } => {
                    if self.nodes[node].process.as_ref().is_some_and(|p| p.id == process) {
                        self.event(node, Event::DialFailed { address, refused });
                    }
                }
                Due::Wake { node, process } => self.wake(node, process),
                Due::Resume { node } => self.unpause(node),
                Due::Start { node } => {
                    self.lighten(node);
                    self.start(node);
                }
                Due::Act { node } => self.act(node, self.has_traffic()),
                Due::Show { node, process, act } => self.show(node, process, act),
                Due::Synced { node, process, upto } => self.disk_synced(node, process, upto),
                Due::CaughtUp { node } => self.lag(node, false),
                Due::Fault { fault } => self.inject(fault),
                Due::Strike { node, blow } => self.strike(node, blow),
                Due::Late { node, late } => self.delay_from(node, late),
                Due::Mend { what } => self.mend_some(&what),
                Due::Leave { node } => self.leave(node),
                Due::Upgrade { node } => self.upgrade(node),
                Due::Drift { node } => self.drift(node),
                Due::Client { client } => self.client(client, self.now < TRAFFIC_END),
                Due::Work { node, process } => self.work(node, process),
                Due::Alarm { node, process, number } => self.alarm(node, process, number),
                Due::Given { node, process, ticket } => self.given(node, process, ticket),
            }
        }
    }

    /// Whether some domain can still decide, and the machines whose domain cannot, or whose process gave up the copy that
    /// others wait for: an operator would start those again.
    pub(super) fn judge(&self) -> (bool, Vec<usize>) {
        let processes =
            || self.nodes.iter().enumerate().filter_map(|(i, n)| n.process.as_ref().map(|p| (i, p)));
        let alive: Vec<ProcessId> = processes().map(|(_, p)| p.id).collect();
        let mut latest: BTreeMap<DomainId, &View> = BTreeMap::new();
        for (_, process) in processes().filter(|(_, p)| p.core.stage() == Stage::Member) {
            let view = process.core.view();
            let known = latest.entry(view.domain).or_insert(view);
            if known.number < view.number {
                *known = view;
            }
        }
        let decides = |d: &DomainId| latest.get(d).is_none_or(|v| v.is_quorum(|p| alive.contains(&p)));
        let viable = latest.is_empty() || latest.keys().any(&decides);
        let lost = |p: &super::world::Process| match p.core.stage() {
            Stage::Member => {
                !decides(&p.core.view().domain) || p.core.wakes_by_starting_again().next().is_some()
            }
            _ => !viable,
        };
        (viable, processes().filter(|(_, p)| lost(p)).map(|(i, _)| i).collect())
    }

    /// An orderly leave stops nobody: where nothing else befell those who are left and those who are gone, they can decide.
    fn blame_who_left(&mut self) {
        let calm = |p: ProcessId| self.trace.log(p).is_some_and(|log| !log.disturbed);
        let left = |p: ProcessId| self.trace.log(p).is_some_and(|log| log.end == End::Left);
        let runs = |p: ProcessId| self.machine_of(p).is_some();
        let processes = self.nodes.iter().filter_map(|n| n.process.as_ref());
        let views = processes.filter(|p| p.core.stage() == Stage::Member).map(|p| p.core.view());
        let deserted = views
            .filter(|view| !view.is_quorum(runs))
            .find(|view| view.members.iter().map(|m| m.process).all(|p| calm(p) && (runs(p) || left(p))));
        if let Some(view) = deserted {
            let complaint = format!("{:?} cannot decide, and who is missing has left", view.number);
            self.complain("M8", complaint);
        }
    }

    /// What has not come to rest, if anything.
    pub(super) fn unrest(&self) -> Option<String> {
        let mut first = None;
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(process) = &node.process else { return Some(format!("no process on n{index}")) };
            let core = &process.core;
            if core.stage() != Stage::Member {
                return Some(format!("{} on n{index} is no member", process.id));
            }
            if core.is_blocked() {
                return Some(format!("{} on n{index} is not primary", process.id));
            }
            if core.protocol() != Protocol::NEWEST {
                return Some(format!("{} runs at version {}", process.id, core.protocol()));
            }
            if core.kept_messages() > 0 {
                return Some(format!("{} keeps {} messages", process.id, core.kept_messages()));
            }
            if first.get_or_insert(core.view()) != &core.view() {
                return Some(format!("{} is in {:?}", process.id, core.view().number));
            }
            if let Some((id, _)) =
                process.application.groups.iter().find(|(id, g)| !g.complete && has_donor(core, **id))
            {
                return Some(format!("{} has no state of {id:?}", process.id));
            }
        }
        let core = self.nodes.iter().find_map(|n| n.process.as_ref()).map(|p| &p.core);
        let dormant = core.and_then(|core| core.groups().find(|g| g.members.iter().all(|m| !m.complete)));
        if let Some(group) = dormant.filter(|g| &*g.name == super::application::LEDGER && g.members.len() > 2)
        {
            return Some(format!("{:?} is dormant", group.group));
        }
        if let Some(waiting) = self.clients_waiting() {
            return Some(waiting);
        }
        let members = first.map_or(0, |v| v.members.len());
        (members != self.nodes.len()).then(|| format!("{members} members of {}", self.nodes.len()))
    }

    fn describe(&self) {
        for (at, what) in &self.trace.story {
            println!("{at:>9} {what}");
        }
        for log in &self.trace.logs {
            println!("{} on n{} {:?}", log.process, log.node, log.end);
            for entry in &log.entries {
                println!("    {entry:?}");
            }
        }
        for process in self.nodes.iter().filter_map(|n| n.process.as_ref()) {
            println!("{} {:?} {:?}", process.id, process.core.stage(), process.core.view().number);
            println!("    {}", process.core.diagnosis());
        }
        println!("unrest: {:?}", self.unrest());
    }
}

fn has_donor(core: &crate::core::Core, id: crate::core::GroupId) -> bool {
    core.groups().any(|g| g.group == id && g.members.iter().any(|m| m.complete))
}

fn add(sum: &mut Counters, more: Counters) {
    sum.views_installed += more.views_installed;
    sum.attempts += more.attempts;
    sum.takeovers += more.takeovers;
    sum.restarts += more.restarts;
    sum.adopted += more.adopted;
    sum.fills += more.fills;
    sum.orphans += more.orphans;
    sum.lease_waits += more.lease_waits;
    sum.stalls += more.stalls;
    sum.suspicions += more.suspicions;
    sum.retractions += more.retractions;
    sum.donor_failovers += more.donor_failovers;
    sum.dormant += more.dormant;
    sum.refused += more.refused;
    sum.future_items += more.future_items;
    sum.parts += more.parts;
    sum.begun_again += more.begun_again;
    sum.records += more.records;
    sum.checkpoints += more.checkpoints;
    sum.snapshot_parts += more.snapshot_parts;
    sum.compactions += more.compactions;
    sum.regatherings += more.regatherings;
    sum.restarted += more.restarted;
    sum.restored += more.restored;
    sum.dissolved += more.dissolved;
    sum.raises += more.raises;
    sum.too_old += more.too_old;
    sum.handovers += more.handovers;
}

fn finish(mut world: World, refounded: bool, excused: &[&str]) -> Outcome {
    let unrest = world.unrest();
    world.close_market(unrest.as_deref(), refounded);
    let object = world.object_counts();
    let mut counters = Counters::default();
    for more in std::mem::take(&mut world.counters) {
        add(&mut counters, more);
    }
    for node in &world.nodes {
        if let Some(process) = &node.process {
            add(&mut counters, process.core.counters());
            world.trace.domain = process.core.view().domain;
            let log = &mut world.trace.logs[process.log];
            for (&id, group) in &process.application.groups {
                log.state.insert(id, group.applied.clone());
                if group.complete {
                    log.complete.push(id);
                }
            }
        }
    }
    world.trace.rested = unrest.is_none();
    if let Some(unrest) = unrest {
        world.complain("M8", unrest);
    }
    let trace: Trace = world.trace;
    let counted = |v: &&Violation| v.code != "M8" && !excused.contains(&v.code);
    let violation = trace.complaints.iter().find(counted).cloned();
    let verdict = invariants::check(&trace, excused);
    let violation =
        violation.or(verdict.violation).or_else(|| trace.complaints.iter().find(|v| v.code == "M8").cloned());
    Outcome {
        violation,
        counters,
        messages: trace.sent.len() as u64,
        faults: trace.faults,
        answers: trace.acts.iter().filter(|a| a.query).count() as u64,
        object,
        refounded,
        excused: verdict.excused,
    }
}
