//! Names: as lists of components and as text (Naming Service 1.3, 2.4).

mod text;
mod url;

pub use text::{MalformedName, parse, write};
pub use url::{MalformedUrl, url};
