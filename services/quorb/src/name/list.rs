//! `quorb name ls`: what is bound, as a list or as a tree.

use std::collections::BTreeMap;

use clap::Args;
use quorb_naming::Names;
use quorb_naming::client::Entry;
use quorb_naming::cos::BindingType;
use serde::Serialize;

use super::walk::{Walk, joined};
use super::{failed, tidy};
use crate::completions::names::paths;
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// List what is bound in a context; contexts end with a slash
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb name ls\n  quorb name ls --tree trading\n  quorb name ls --json")]
pub(super) struct Ls {
    /// The context, or the name of an object; the root if it is left out
    #[arg(add = paths(), default_value = "")]
    path: String,
    /// Everything below it, too
    #[arg(long, short)]
    tree: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An entry in JSON.
#[derive(Serialize)]
struct Listed {
    name: String,
    path: String,
    kind: &'static str,
    /// What is below it; none if it was not looked into, since it is an object, was met before, or cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<Listed>>,
}

type Contents = BTreeMap<String, Vec<Entry>>;

impl Ls {
    pub(super) async fn run(self, names: &Names, output: &mut Output) -> Result<(), Verdict> {
        let path = tidy(&self.path);
        let is_object = !path.is_empty() && names.sort_of(path).await.map_err(failed)? == BindingType::Object;
        if is_object {
            return if self.json { output.json(&[object(path)]) } else { output.line(harmless(path)) };
        }
        let mut contents = Contents::new();
        if self.tree {
            let mut walk = Walk::from(names, path);
            while let Some(entered) = walk.next().await? {
                contents.insert(entered.path, entered.entries);
            }
        } else {
            contents.insert(path.to_owned(), names.list(path).await.map_err(failed)?);
        }
        match (self.json, self.tree) {
            (true, _) => output.json(&listed(path, &contents)),
            (false, false) => {
                for entry in contents.values().flatten() {
                    show(entry, "", false, output)?;
                }
                Ok(())
            }
            (false, true) => tree(path, &contents, output),
        }
    }
}

/// Prints a tree. It is as deep as the names are, so that it is walked with a list of its own.
fn tree(root: &str, contents: &Contents, output: &mut Output) -> Result<(), Verdict> {
    let mut open = vec![(root.to_owned(), String::new(), contents.get(root).map_or(&[][..], Vec::as_slice))];
    while let Some((path, indent, entries)) = open.pop() {
        let Some((entry, rest)) = entries.split_first() else { continue };
        let below = joined(&path, &entry.name);
        let is_last = rest.is_empty();
        let branch = if is_last { "└── " } else { "├── " };
        let inner = contents.get(&below);
        let is_cut = entry.sort == BindingType::Context && inner.is_none();
        show(entry, &format!("{indent}{branch}"), is_cut, output)?;
        open.push((path, indent.clone(), rest));
        if let Some(inner) = inner {
            let deeper = if is_last { "    " } else { "│   " };
            open.push((below, format!("{indent}{deeper}"), inner));
        }
    }
    Ok(())
}

fn show(entry: &Entry, indent: &str, is_cut: bool, output: &mut Output) -> Result<(), Verdict> {
    let name = harmless(&entry.name);
    let remark = output.paint(Tone::Dim, if is_cut { " (seen above, or out of reach)" } else { "" });
    match entry.sort {
        BindingType::Object => output.line(format_args!("{indent}{name}")),
        BindingType::Context => {
            let name = output.paint(Tone::Label, format!("{name}/"));
            output.line(format_args!("{indent}{name}{remark}"))
        }
    }
}

fn object(path: &str) -> Listed {
    Listed { name: path.to_owned(), path: path.to_owned(), kind: "object", entries: None }
}

/// The entries of a context. JSON of names deeper than serde follows is cut there.
fn listed(path: &str, contents: &Contents) -> Vec<Listed> {
    fn below(path: &str, contents: &Contents, depth: usize) -> Option<Vec<Listed>> {
        let entries = contents.get(path).filter(|_| depth < JSON_DEPTH_MAX)?;
        let listed = entries.iter().map(|entry| {
            let path = joined(path, &entry.name);
            let (kind, entries) = match entry.sort {
                BindingType::Object => ("object", None),
                BindingType::Context => ("context", below(&path, contents, depth + 1)),
            };
            Listed { name: entry.name.clone(), path, kind, entries }
        });
        Some(listed.collect())
    }
    below(path, contents, 0).unwrap_or_default()
}

/// How deep JSON goes: what reads it has limits, too.
const JSON_DEPTH_MAX: usize = 100;
