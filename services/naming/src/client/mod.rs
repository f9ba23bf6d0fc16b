//! How Rust programs use a naming service.
//!
//! | file | what it is about |
//! |---|---|
//! | `names` | binding, resolving, listing by path |
//! | `contexts` | contexts by path |
//! | `cache` | what was resolved, until it changes |
//! | `by_name` | references that are looked up again by their names |
//! | `lease` | names that end with their server |
//! | `watch` | the changes of a subtree |
//! | `error` | what can go wrong |

mod by_name;
mod cache;
mod contexts;
mod error;
mod lease;
mod names;
mod watch;

pub use contexts::Entry;
pub use error::NameError;
pub use lease::Lease;
pub use names::{DEFAULT_REFERENCE, Names};
pub use watch::{Watch, WatchEvent};
