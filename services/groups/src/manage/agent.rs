//! The agent of a host: it reads the plan, and does what the plan says of this host.
//!
//! ```text
//!   wait for: a change of the plan | a view of the domain | an end of a replica here
//!   read the plan -> begin to serve what is new, leave what is no longer there -> ready, gone
//! ```

use super::interface::{HostRecord, PlacementsProxy, Plan, PlannedGroup};
use super::offer::{Held, Offer};
use crate::driver::{Domain, Ended};
use crate::object::ServeError;
use quorb::{Fault, ObjectRef, Orb};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::{Id, JoinError, JoinSet};

/// How an object is doing at this host.
#[derive(Debug, Clone)]
pub(super) enum Serving {
    /// It is on its way.
    Begun,
    /// It is known here, and refuses calls until it has the value.
    Active,
    /// It takes calls.
    Ready(ObjectRef),
    /// It could not be served.
    Failed(String),
}

/// The agent of one host.
pub(super) struct Agent {
    domain: Arc<Domain>,
    orb: Orb,
    offers: BTreeMap<String, Arc<dyn Offer>>,
    plan: PlacementsProxy,
    changes: watch::Receiver<u64>,
    serving: watch::Sender<BTreeMap<String, Serving>>,
    /// The replicas here, each with its task, and how to tell it to leave.
    held: BTreeMap<String, (oneshot::Sender<()>, Id, Plan)>,
    /// This host, as the plan knows it.
    record: HostRecord,
    /// The process that the plan knows.
    enrolled: watch::Sender<u64>,
    /// The tasks; each ends with the reason if it was none that was asked for. They end at once with the agent.
    tasks: JoinSet<String>,
    names: BTreeMap<Id, String>,
}

/// After the plan could not be read, because this side is cut off for instance, it rests for so long.
const READ_AGAIN: Duration = Duration::from_millis(200);

/// What an agent shows of itself: how the objects are doing here, and which process the plan knows.
pub(super) type Shown = (watch::Receiver<BTreeMap<String, Serving>>, watch::Receiver<u64>);

impl Agent {
    pub(super) fn new(
        domain: Arc<Domain>,
        orb: Orb,
        record: HostRecord,
        offers: BTreeMap<String, Arc<dyn Offer>>,
        plan: PlacementsProxy,
        changes: watch::Receiver<u64>,
    ) -> (Self, Shown) {
        let (serving, served) = watch::channel(BTreeMap::new());
        let (enrolled, known) = watch::channel(record.process);
        let agent = Self {
            domain,
            orb,
            offers,
            plan,
            changes,
            serving,
            record,
            enrolled,
            held: BTreeMap::new(),
            tasks: JoinSet::new(),
            names: BTreeMap::new(),
        };
        (agent, (served, known))
    }

    /// Runs until it is told to stop; then it leaves every group.
    pub(super) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut views = self.domain.views();
        let mut read = self.obey().await;
        loop {
            tokio::select! {
                _ = &mut stop => break,
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        break;
                    }
                }
                changed = views.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    self.say_who_is_here().await;
                }
                Some(ended) = self.tasks.join_next_with_id() => self.one_has_ended(ended).await,
                () = tokio::time::sleep(READ_AGAIN), if read.is_err() => {}
            }
            read = self.obey().await;
        }
        // Whoever is not held any more leaves.
        self.held.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    /// The process was excluded and has joined again, and so have its replicas by themselves: the plan knows it by another name.
    async fn enrol_again(&mut self) -> Result<(), quorb::Fault> {
        let process = self.domain.process();
        let since_view = self.domain.view().number.0;
        let record = HostRecord { process: process.0, since_view, ..self.record.clone() };
        self.plan.enrol(record.clone()).await?;
        for (name, (_, _, plan)) in &self.held {
            match self.plan.create(name, plan.clone(), &process.to_string()).await {
                // One that is planned otherwise by now leaves with the next look at the plan.
                Ok(()) | Err(Fault::User(_)) => {}
                Err(Fault::System(exception)) => return Err(exception.into()),
            }
            // One that does not take calls yet says so itself when it does.
            if matches!(self.serving.borrow().get(name), Some(Serving::Ready(_))) {
                self.plan.ready(name, process.0).await?;
            }
        }
        self.record = record;
        self.enrolled.send_replace(process.0);
        Ok(())
    }

    /// Does what the plan says.
    async fn obey(&mut self) -> Result<(), quorb::Fault> {
        if self.record.process != self.domain.process().0 {
            self.enrol_again().await?;
        }
        let groups = self.plan.groups().await?;
        let me = self.record.process;
        let here = |group: &&PlannedGroup| group.replicas.iter().any(|r| r.process == me && !r.leaving);
        let planned: BTreeMap<String, Plan> =
            groups.iter().filter(here).map(|group| (group.name.clone(), group.plan.clone())).collect();
        // Whoever is dropped here leaves.
        self.held.retain(|name, _| planned.contains_key(name));
        for (name, plan) in planned {
            if !self.held.contains_key(&name) && self.orb_is_free_of(&name) {
                self.begin(name, plan);
            }
        }
        Ok(())
    }

    /// One that is leaving has to be gone before it comes back.
    fn orb_is_free_of(&self, name: &str) -> bool {
        !matches!(self.serving.borrow().get(name), Some(Serving::Begun | Serving::Active | Serving::Ready(_)))
    }

    fn begin(&mut self, name: String, plan: Plan) {
        let (leave, left) = oneshot::channel();
        let one = One {
            domain: self.domain.clone(),
            orb: self.orb.clone(),
            offer: self.offers.get(&plan.kind).cloned(),
            plan: self.plan.clone(),
            serving: self.serving.clone(),
        };
        one.note(&name, Serving::Begun);
        let serves = name.clone();
        let planned = plan.clone();
        let task = self.tasks.spawn(async move { one.serve(&serves, &plan, left).await }).id();
        self.names.insert(task, name.clone());
        self.held.insert(name, (leave, task, planned));
    }

    async fn one_has_ended(&mut self, ended: Result<(Id, String), JoinError>) {
        let (task, reason) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), format!("its task has ended: {error}")),
        };
        let Some(name) = self.names.remove(&task) else { return };
        self.held.retain(|_, (_, held, _)| *held != task);
        self.serving.send_modify(|serving| {
            match reason.is_empty() {
                true => serving.remove(&name),
                false => serving.insert(name.clone(), Serving::Failed(reason.clone())),
            };
        });
        if let Err(fault) = self.plan.gone(&name, self.domain.process().0, &reason).await {
            tracing::warn!(object = name, %fault, "the plan is not told of the end of a replica");
        }
    }

    /// The oldest host that is there tells the plan who is.
    async fn say_who_is_here(&mut self) {
        let view = self.domain.view();
        let Ok(hosts) = self.plan.hosts().await else { return };
        let oldest =
            hosts.iter().map(|host| host.process).find(|&p| view.contains(crate::core::ProcessId(p)));
        let is_gone = |process: u64| !view.contains(crate::core::ProcessId(process));
        let any_gone = hosts.iter().any(|host| host.since_view <= view.number.0 && is_gone(host.process));
        if oldest != Some(self.domain.process().0) || !any_gone {
            return;
        }
        let members: Vec<u64> = view.members.iter().map(|member| member.process.0).collect();
        if let Err(fault) = self.plan.present(view.number.0, &members).await {
            tracing::warn!(%fault, "the plan is not told who is in the domain");
        }
    }
}

/// One replica at this host.
struct One {
    domain: Arc<Domain>,
    orb: Orb,
    offer: Option<Arc<dyn Offer>>,
    plan: PlacementsProxy,
    serving: watch::Sender<BTreeMap<String, Serving>>,
}

impl One {
    fn note(&self, name: &str, state: Serving) {
        self.serving.send_modify(|serving| drop(serving.insert(name.to_owned(), state)));
    }

    /// Serves until it is told to leave; gives the reason if it ends otherwise.
    async fn serve(self, name: &str, plan: &Plan, mut leave: oneshot::Receiver<()>) -> String {
        let Some(offer) = &self.offer else { return format!("this host does not offer `{}`", plan.kind) };
        let (active, activated) = oneshot::channel();
        let noted = async {
            if activated.await.is_ok() {
                self.note(name, Serving::Active);
            }
            std::future::pending().await
        };
        let begun = tokio::select! {
            biased;
            begun = offer.serve(&self.domain, &self.orb, name, plan, active) => begun,
            () = noted => return String::new(),
            _ = &mut leave => return String::new(),
        };
        let mut held: Box<dyn Held> = match begun {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(object = name, %error, "a replica that is planned here is not served");
                return error.to_string();
            }
        };
        self.note(name, Serving::Ready(held.reference()));
        if let Err(fault) = self.plan.ready(name, self.domain.process().0).await {
            tracing::warn!(object = name, %fault, "the plan is not told that a replica is ready");
        }
        let ended = tokio::select! {
            ended = held.ended() => Some(ended),
            _ = &mut leave => None,
        };
        match ended {
            None => {
                let _ = held.leave().await;
                String::new()
            }
            Some(ended) => why(ended),
        }
    }
}

fn why(ended: Result<Ended, ServeError>) -> String {
    match ended {
        Ok(Ended::Left) => String::new(),
        Ok(ended) => ended.to_string(),
        Err(error) => error.to_string(),
    }
}
