//! `quorb name rm`: contexts.

use clap::Args;
use quorb_naming::cos::BindingType;
use quorb_naming::{Names, name};

use super::walk::{Entered, Walk};
use super::{failed, tidy};
use crate::completions::names::paths;
use crate::verdict::Verdict;

/// Remove a name, and destroy the context that it is bound to
#[derive(Debug, Args)]
#[command(after_help = "\
Contexts that have another name, and contexts of other services, lose this name and stay as they are.

Example:
  quorb name rm trading/europe
  quorb name rm -r trading")]
pub(super) struct Rm {
    /// The name
    #[arg(add = paths())]
    path: String,
    /// With everything below it
    #[arg(long, short)]
    recursive: bool,
}

impl Rm {
    pub(super) async fn run(self, names: &Names) -> Result<(), Verdict> {
        let path = tidy(&self.path);
        if path.is_empty() {
            return Err(Verdict::misused("the root cannot be removed"));
        }
        if names.sort_of(path).await.map_err(failed)? == BindingType::Object {
            return names.unbind(path).await.map_err(failed);
        }
        if !self.recursive {
            return names.remove_context(path).await.map_err(failed);
        }
        let path = written(path)?;
        if names.context_number("").await.map_err(failed)?.is_none() {
            // Without numbers, a context under one name cannot be told from another one.
            return Err(Verdict::failed("`-r` needs a naming service of Quorb"));
        }
        // What can be reached without this name stays.
        let mut others = Walk::within(names, "").without(&path);
        while others.next().await?.is_some() {}
        let others = others.met();
        let mut doomed: Vec<Entered> = Vec::new();
        let mut walk = Walk::within(names, &path);
        while let Some(entered) = walk.next().await? {
            if !others.contains(&entered.identity) {
                doomed.push(entered);
            }
        }
        names.unbind(&path).await.map_err(failed)?;
        // All of them are emptied before the first is destroyed: they may name each other.
        for Entered { context, entries, .. } in &doomed {
            for entry in entries {
                let name = name::parse(&entry.name).map_err(Verdict::failed)?;
                context.unbind(&name).await.map_err(Verdict::failed)?;
            }
        }
        for Entered { context, .. } in &doomed {
            context.destroy().await.map_err(Verdict::failed)?;
        }
        Ok(())
    }
}

/// The path as lists write it.
fn written(path: &str) -> Result<String, Verdict> {
    let name =
        name::parse(path).map_err(|cause| Verdict::misused(format_args!("`{path}` is no name: {cause}")))?;
    Ok(name::write(&name))
}
