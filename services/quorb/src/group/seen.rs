//! What is known of a group: what the domain says, and what the plan says, brought together.

use quorb_groups::core::ProcessId;
use quorb_groups::manage::interface::{GroupRecord, HostRecord, NoSuchGroup, PlannedGroup};
use serde::Serialize;

use super::{Domain, failed};
use crate::verdict::Verdict;
use quorb::Fault;

/// A group.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) style: Option<&'static str>,
    pub(super) durable: bool,
    /// Replicas to be kept; none if that is left to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wanted: Option<u32>,
    pub(super) view: u64,
    pub(super) members: Vec<SeenMember>,
    pub(super) failures: Vec<SeenFailure>,
}

/// A member of a group.
#[derive(Debug, Serialize)]
pub(super) struct SeenMember {
    pub(super) process: String,
    /// The address of its broker, or of its process in the domain if it is no host.
    pub(super) at: String,
    pub(super) state: &'static str,
}

/// A host that could not serve it.
#[derive(Debug, Serialize)]
pub(super) struct SeenFailure {
    pub(super) at: String,
    pub(super) reason: String,
}

/// The plan, and who can hold replicas.
pub(super) struct Plans {
    pub(super) hosts: Vec<HostRecord>,
    pub(super) groups: Vec<PlannedGroup>,
}

impl Plans {
    pub(super) async fn of(domain: &Domain) -> Result<Plans, Verdict> {
        let hosts = domain.plan.hosts().await.map_err(failed)?;
        Ok(Plans { hosts, groups: domain.plan.groups().await.map_err(failed)? })
    }

    /// Where a process is, as people name it.
    pub(super) fn at(&self, process: u64) -> String {
        let host = self.hosts.iter().find(|host| host.process == process);
        host.map_or_else(|| ProcessId(process).to_string(), |host| host.address.clone())
    }

    fn plan(&self, name: &str) -> Option<&PlannedGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

impl Seen {
    /// Every group that the domain or the plan knows.
    pub(super) async fn all(domain: &Domain) -> Result<Vec<Seen>, Verdict> {
        let plans = Plans::of(domain).await?;
        let records = domain.control.groups().await.map_err(failed)?;
        let mut seen: Vec<Seen> = records.iter().map(|record| Seen::of(record, &plans)).collect();
        let unborn = plans.groups.iter().filter(|plan| records.iter().all(|record| record.name != plan.name));
        seen.extend(unborn.map(|plan| Seen::unborn(plan, &plans)));
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// One group.
    pub(super) async fn one(domain: &Domain, name: &str) -> Result<Seen, Verdict> {
        let plans = Plans::of(domain).await?;
        match domain.control.group(name).await {
            Ok(record) => Ok(Seen::of(&record, &plans)),
            Err(Fault::User(NoSuchGroup { .. })) => match plans.plan(name) {
                Some(plan) => Ok(Seen::unborn(plan, &plans)),
                None => Err(no_group(name)),
            },
            Err(fault) => Err(failed(fault)),
        }
    }

    pub(super) fn of(record: &GroupRecord, plans: &Plans) -> Seen {
        let plan = plans.plan(&record.name);
        let leaving = |process: u64| {
            let replicas = plan.map(|plan| &plan.replicas[..]).unwrap_or_default();
            replicas.iter().any(|replica| replica.process == process && replica.leaving)
        };
        let members = record.members.iter().map(|member| SeenMember {
            process: ProcessId(member.process).to_string(),
            at: match plans.hosts.iter().find(|host| host.process == member.process) {
                Some(host) => host.address.clone(),
                None => member.address.clone(),
            },
            state: match member.complete {
                true if leaving(member.process) => "leaving",
                true => "serving",
                false if record.dormant => "waiting",
                false => "joining",
            },
        });
        let mut seen = Seen {
            name: record.name.clone(),
            state: if record.dormant { "dormant" } else { "serving" },
            durable: record.durable,
            view: record.view,
            members: members.collect(),
            ..Seen::nothing()
        };
        if let Some(plan) = plan {
            seen.planned(plan, plans);
        }
        seen
    }

    /// A group that is planned, and that nobody serves yet.
    fn unborn(plan: &PlannedGroup, plans: &Plans) -> Seen {
        let mut seen = Seen { name: plan.name.clone(), state: "not served", ..Seen::nothing() };
        seen.durable = plan.plan.durable;
        seen.planned(plan, plans);
        seen
    }

    fn nothing() -> Seen {
        Seen {
            name: String::new(),
            state: "",
            kind: None,
            style: None,
            durable: false,
            wanted: None,
            view: 0,
            members: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn planned(&mut self, group: &PlannedGroup, plans: &Plans) {
        self.kind = Some(group.plan.kind.clone());
        self.style = Some(if group.plan.executor { "executor" } else { "active" });
        self.wanted = (group.plan.wanted > 0).then_some(group.plan.wanted);
        let failure = group.failures.iter();
        let failure = failure.map(|f| SeenFailure { at: plans.at(f.process), reason: f.reason.clone() });
        self.failures = failure.collect();
    }

    /// Members that take calls.
    pub(super) fn serving(&self) -> usize {
        self.members.iter().filter(|member| member.state == "serving").count()
    }
}

/// There is no such group.
pub(super) fn no_group(name: &str) -> Verdict {
    Verdict::failed(format_args!("the domain has no group `{name}`; `quorb group ls` lists those it has"))
}
