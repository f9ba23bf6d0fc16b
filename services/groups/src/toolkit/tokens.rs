//! Tokens among the processes of a domain.

use super::proto::token::{TokenChange, TokenTable};
use super::replicated::{Replicated, ToolError};
use crate::core::ProcessId;
use crate::driver::Domain;

/// The tokens of a group of processes, by name: each has one holder at any place of the order. At first that is the member of
/// lowest rank; one whose holder is lost goes to the first who waits for it, else again to the lowest rank.
///
/// ```no_run
/// # use quorb_groups::toolkit::{ToolError, Tokens};
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), ToolError> {
/// let tokens = Tokens::join(domain, "tokens").await?;
/// let turn = tokens.take("writer").await?; // waits until it is passed here
/// println!("I am the writer, the {turn}th");
/// tokens.wanted("writer").await?;          // keep it until somebody else wants it
/// tokens.pass("writer").await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Tokens {
    table: Replicated<TokenTable>,
}

impl Tokens {
    /// Joins the group of this name.
    ///
    /// # Errors
    /// When the group cannot be entered.
    pub async fn join(domain: &Domain, name: &str) -> Result<Self, ToolError> {
        Ok(Self { table: Replicated::join(domain, name, TokenTable::default()).await? })
    }

    /// Gets in line for a token, and waits until it is here. Gives its turn: how often it has changed hands. Cancelled, this
    /// process stays in line; [`forgo`](Self::forgo) leaves it.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn take(&self, name: &str) -> Result<u64, ToolError> {
        self.table.change(TokenChange::Want(name.to_owned())).await?;
        let me = self.table.me();
        self.table.until(|table| (table.holder(name) == Some(me)).then(|| table.turn(name))).await
    }

    /// Leaves the line.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn forgo(&self, name: &str) -> Result<(), ToolError> {
        self.table.change(TokenChange::Forgo(name.to_owned())).await.map(drop)
    }

    /// Waits until somebody is in line.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn wanted(&self, name: &str) -> Result<(), ToolError> {
        self.table.until(|table| (table.waiting(name) > 0).then_some(())).await
    }

    /// Passes a token to the first in line. False if nobody is, or it is not here: then nothing has happened.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn pass(&self, name: &str) -> Result<bool, ToolError> {
        self.table.change(TokenChange::Pass(name.to_owned(), None)).await
    }

    /// Passes a token to a member, whoever is in line. False if it is not here, or that one is no member.
    ///
    /// # Errors
    /// When this process is out of the group.
    pub async fn pass_to(&self, name: &str, to: ProcessId) -> Result<bool, ToolError> {
        self.table.change(TokenChange::Pass(name.to_owned(), Some(to))).await
    }

    /// Who holds a token, as far as is known here.
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<ProcessId> {
        self.table.look(|table| table.holder(name))
    }

    /// The value behind it.
    #[must_use]
    pub fn table(&self) -> &Replicated<TokenTable> {
        &self.table
    }
}
