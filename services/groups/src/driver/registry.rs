//! What a process knows of the domain's groups, of which it need not be a member, and what an operator may do to them.

use super::call::Call;
use super::error::{Gone, RequestError};
use super::lives::Life;
use crate::core::{GroupOptions, GroupView, ProcessId, View};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// A group of the domain, as the view installed last has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its name, number and members. The view's number is that of the last change.
    pub view: GroupView,
    /// What it promises.
    pub options: GroupOptions,
}

impl GroupEntry {
    /// Whether no member with the group's state is left: it waits for one to return, for a log, or for an operator.
    #[must_use]
    pub fn is_dormant(&self) -> bool {
        !self.view.members.iter().any(|member| member.complete)
    }
}

/// A handle on a domain that its membership does not depend on: it looks, and speaks for an operator. Clones are cheap.
#[derive(Debug, Clone)]
pub struct DomainWatch {
    pub(super) name: Arc<str>,
    pub(super) lives: watch::Receiver<Life>,
    pub(super) view: watch::Receiver<View>,
}

impl DomainWatch {
    /// The domain's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process whose domain it is, in its present life.
    #[must_use]
    pub fn process(&self) -> ProcessId {
        self.lives.borrow().process
    }

    /// The view of the domain, to wait for changes: groups change with views, too.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<View> {
        self.view.clone()
    }

    /// All groups of the domain, by number.
    ///
    /// # Errors
    /// When this process is no longer in the domain.
    pub async fn groups(&self) -> Result<Vec<GroupEntry>, Gone> {
        let (reply, answer) = oneshot::channel();
        self.send(Call::Groups { reply }).await?;
        answer.await.map_err(|_| Gone)
    }

    /// Gives a dormant group a new life with what its oldest waiting member brings. What the group had acknowledged before is
    /// lost, unless somebody puts it there again: an operator's decision, which every member sees.
    ///
    /// # Errors
    /// When the group is unknown, not dormant, or without members; when this process is no longer in the domain.
    pub async fn begin_anew(&self, group: &str) -> Result<(), RequestError> {
        let (answer, decided) = oneshot::channel();
        self.send(Call::Reset { name: group.into(), answer }).await?;
        decided.await.map_err(|_| Gone)?
    }

    async fn send(&self, call: Call) -> Result<(), Gone> {
        let calls = self.lives.borrow().calls.clone();
        calls.send(call).await.map_err(|_| Gone)
    }
}
