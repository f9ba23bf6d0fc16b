//! `quorb name resolve`, `bind`, `unbind`, `mkdir`: one name at a time.

use clap::Args;
use quorb::{ObjectRef, Orb, Proxy};
use quorb_naming::cos::NamingContextProxy;
use quorb_naming::{Names, name};
use serde::Serialize;

use super::{failed, tidy};
use crate::completions::names::paths;
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// Print the reference that a name is bound to
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorb name resolve trading/grid\n  quorb call $(quorb name resolve trading/grid) get 2 4"
)]
pub(super) struct Resolve {
    /// The name
    #[arg(add = paths())]
    path: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Resolved<'a> {
    path: &'a str,
    #[serde(rename = "type")]
    type_id: &'a str,
    reference: String,
}

impl Resolve {
    pub(super) async fn run(self, names: &Names, output: &mut Output) -> Result<(), Verdict> {
        let path = tidy(&self.path);
        let object: ObjectRef = match path {
            "" => names.root().object().clone(),
            _ => names.resolve_object(path).await.map_err(failed)?,
        };
        if self.json {
            let (type_id, reference) = (object.ior().type_id.as_str(), object.to_string());
            return output.json(&Resolved { path, type_id, reference });
        }
        output.line(object)
    }
}

/// Bind a name to an object
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorb name bind -p trading/grid @grid.ior\n  quorb name bind --context far corbaloc::far.example/NameService"
)]
pub(super) struct Bind {
    /// The name
    #[arg(add = paths())]
    path: String,
    /// The object: IOR:..., corbaloc:..., corbaname:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// Whatever object it was bound to
    #[arg(long, short = 'f')]
    rebind: bool,
    /// Make the contexts on the way that are missing
    #[arg(long, short)]
    parents: bool,
    /// The object is a naming context that names lead through, here or in another service
    #[arg(long, conflicts_with = "rebind")]
    context: bool,
}

impl Bind {
    pub(super) async fn run(self, orb: &Orb, names: &Names) -> Result<(), Verdict> {
        let (path, text) = (tidy(&self.path), reference::text_of(&self.reference)?);
        let object = match text.get(..10).is_some_and(|scheme| scheme.eq_ignore_ascii_case("corbaname:")) {
            true => orb.resolve::<NamingContextProxy>(&text).await.map(|found| found.object().clone()),
            false => orb.string_to_object(&text),
        };
        let object = object.map_err(Verdict::failed)?;
        if !self.parents {
            has_parent(names, path).await?;
        }
        let bound = match (self.context, self.rebind) {
            (true, _) => names.bind_context(path, &object.unchecked()).await,
            (false, true) => names.rebind_object(path, &object).await,
            (false, false) => names.bind_object(path, &object).await,
        };
        bound.map_err(failed)
    }
}

/// Remove a name; what it was bound to stays
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb name unbind trading/grid")]
pub(super) struct Unbind {
    /// The name
    #[arg(add = paths())]
    path: String,
}

impl Unbind {
    pub(super) async fn run(self, names: &Names) -> Result<(), Verdict> {
        names.unbind(tidy(&self.path)).await.map_err(failed)
    }
}

/// Make a context
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb name mkdir -p trading/europe")]
pub(super) struct Mkdir {
    /// The name
    #[arg(add = paths())]
    path: String,
    /// Make the contexts on the way that are missing; one that is there already is no error
    #[arg(long, short)]
    parents: bool,
}

impl Mkdir {
    pub(super) async fn run(self, names: &Names) -> Result<(), Verdict> {
        let path = tidy(&self.path);
        if !self.parents {
            has_parent(names, path).await?;
        }
        match names.create_context(path).await {
            Ok(_) => Ok(()),
            Err(quorb_naming::NameError::AlreadyBound { .. }) if self.parents => {
                names.context(path).await.map(|_| ()).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// Fails if the context is missing that a name is to be bound in.
async fn has_parent(names: &Names, path: &str) -> Result<(), Verdict> {
    let parsed =
        name::parse(path).map_err(|cause| Verdict::misused(format_args!("`{path}` is no name: {cause}")))?;
    match parsed.split_last() {
        Some((_, parents)) if !parents.is_empty() => {
            names.context(&name::write(parents)).await.map(|_| ()).map_err(failed)
        }
        _ => Ok(()),
    }
}
