//! Barriers among the processes of a domain.

use super::proto::barrier::{BarrierChange, BarrierTable};
use super::replicated::{Replicated, ToolError};
use crate::driver::Domain;

/// The barriers of a group of processes, by name. Whoever is lost is not waited for, and has not arrived.
///
/// ```no_run
/// # use quorb_groups::toolkit::{Barriers, ToolError};
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let barriers = Barriers::join(domain, "phases").await?;
/// println!("everybody is here for the {}th time", barriers.wait("loaded").await?);
/// barriers.wait_for("tested", 2).await?; // any two of us
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Barriers {
    table: Replicated<BarrierTable>,
}

impl Barriers {
    /// Joins the group of this name.
    ///
    /// # Errors
    /// When the group cannot be entered.
    pub async fn join(domain: &Domain, name: &str) -> Result<Self, ToolError> {
        Ok(Self { table: Replicated::join(domain, name, BarrierTable::default()).await? })
    }

    /// Arrives, and waits until every member of the group has. Gives how often the barrier has opened now. Cancelled, this process
    /// has arrived all the same; [`withdraw`](Self::withdraw) takes that back.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn wait(&self, name: &str) -> Result<u64, ToolError> {
        self.arrive(name, None).await
    }

    /// Arrives, and waits until so many members have. The first one to arrive says how many.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn wait_for(&self, name: &str, parties: u32) -> Result<u64, ToolError> {
        self.arrive(name, Some(parties)).await
    }

    async fn arrive(&self, name: &str, parties: Option<u32>) -> Result<u64, ToolError> {
        let generation = self.table.change(BarrierChange::Arrive(name.to_owned(), parties)).await?;
        let opened = |table: &BarrierTable| table.generation(name) > generation;
        self.table.until(|table| opened(table).then_some(generation + 1)).await
    }

    /// Has not arrived after all.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn withdraw(&self, name: &str) -> Result<(), ToolError> {
        self.table.change(BarrierChange::Withdraw(name.to_owned())).await.map(drop)
    }

    /// The value behind it.
    #[must_use]
    pub fn table(&self) -> &Replicated<BarrierTable> {
        &self.table
    }
}
