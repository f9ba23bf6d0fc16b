//! What a process sees of its domain, for whoever asks.

use super::interface::{
    BeginError, CannotPlace, DomainControl, DomainRecord, GroupRecord, MemberRecord, NoSuchGroup,
};
use crate::core::View;
use crate::driver::{DomainWatch, Gone, GroupEntry, RequestError};
use quorb::{Completion, ExceptionKind, Fault, Minor, SystemException};
use std::time::Duration;
use tokio::time::Instant;

/// The servant.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) watch: DomainWatch,
}

/// How long a caller may let a question for the next view wait.
const WAIT_MS_MAX: u32 = 30_000;

impl DomainControl for Control {
    fn domain(&self) -> DomainRecord {
        let view = self.view();
        let members = view.members.iter().map(|member| MemberRecord {
            process: member.process.0,
            address: member.address.to_string(),
            complete: true,
        });
        DomainRecord {
            name: self.watch.name().to_owned(),
            number: view.domain.0,
            view: view.number.0,
            members: members.collect(),
            process: self.watch.process().0,
        }
    }

    async fn groups(&self) -> Result<Vec<GroupRecord>, Fault> {
        let groups = self.watch.groups().await.map_err(gone)?;
        let view = self.view();
        Ok(groups.iter().map(|group| record(group, &view)).collect())
    }

    async fn group(&self, name: &str) -> Result<GroupRecord, Fault<NoSuchGroup>> {
        let groups = self.watch.groups().await.map_err(gone)?;
        let group = groups.iter().find(|group| &*group.view.name == name);
        let group = group.ok_or_else(|| Fault::User(NoSuchGroup { name: name.into() }))?;
        Ok(record(group, &self.view()))
    }

    async fn next_view(
        &self,
        name: &str,
        known: u64,
        wait_ms: u32,
    ) -> Result<GroupRecord, Fault<NoSuchGroup>> {
        let until = Instant::now() + Duration::from_millis(wait_ms.min(WAIT_MS_MAX).into());
        let mut views = self.watch.views();
        loop {
            // What changes from here on is seen below.
            views.borrow_and_update();
            let group = self.group(name).await?;
            if group.view != known || Instant::now() >= until {
                return Ok(group);
            }
            tokio::select! {
                changed = views.changed() => changed.map_err(|_| gone(Gone))?,
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    async fn begin_anew(&self, name: &str) -> Result<(), Fault<BeginError>> {
        tracing::warn!(group = name, "an operator begins a dormant group anew");
        self.watch.begin_anew(name).await.map_err(|error| match error {
            RequestError::Refused(crate::core::Refusal::NoGroup) => {
                Fault::User(BeginError::NoSuchGroup(NoSuchGroup { name: name.into() }))
            }
            RequestError::Refused(crate::core::Refusal::NotMember) => {
                let reason = format!("nobody waits to go on with `{name}`: start a process that serves it");
                Fault::User(BeginError::CannotPlace(CannotPlace { reason }))
            }
            RequestError::Gone(cause) => gone(cause),
            refusal => Fault::User(BeginError::CannotPlace(CannotPlace { reason: refusal.to_string() })),
        })
    }
}

impl Control {
    fn view(&self) -> View {
        self.watch.views().borrow().clone()
    }
}

fn record(group: &GroupEntry, view: &View) -> GroupRecord {
    let address = |process| view.members.iter().find(|m| m.process == process).map(|m| m.address.to_string());
    let members = group.view.members.iter().map(|member| MemberRecord {
        process: member.process.0,
        address: address(member.process).unwrap_or_default(),
        complete: member.complete,
    });
    GroupRecord {
        name: group.view.name.to_string(),
        number: group.view.group.0,
        view: group.view.number.0,
        stateful: group.options.state,
        durable: group.options.durable,
        dormant: group.is_dormant(),
        members: members.collect(),
    }
}

/// The process is in the domain no longer.
fn gone<E>(cause: Gone) -> Fault<E> {
    SystemException::new(ExceptionKind::Transient, Minor::REPLICA_INCOMPLETE, Completion::No)
        .because(cause)
        .into()
}
