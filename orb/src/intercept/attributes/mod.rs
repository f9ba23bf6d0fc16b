//! Attributes kept at the client, and how their changes are noticed.

mod cache;
mod versions;

pub use cache::{AttributeCache, AttributeCacheCounts, AttributeCacheLimits};
pub use versions::{ATTRIBUTE_VERSION_CONTEXT, AttributeVersion, AttributeVersions};
