//! How Rust programs use the event service.
//!
//! | file | what it is about |
//! |---|---|
//! | `events` | the service, and its channels |
//! | `topic` | publishing values of a type under a subject |
//! | `sender` | what gathers while the last block is on its way goes with the next one |
//! | `subscription` | what is wanted, and from where on |
//! | `feed` | the events as they come |
//! | `typed` | from events to values |
//! | `error` | what can go wrong |

mod error;
mod events;
mod feed;
mod sender;
mod subscription;
#[allow(clippy::module_inception)]
mod topic;
mod typed;

pub use error::{EventError, Loss};
pub use events::{DEFAULT_REFERENCE, Events};
pub use feed::Feed;
pub use subscription::Subscription;
pub use topic::Topic;
pub use typed::Event;
