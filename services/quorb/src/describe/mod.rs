//! `quorb describe`: what an object is, where it is, and what it can do.

mod show;

use std::time::Duration;

use clap::Args;
use quorb::{ObjectRef, Orb};

use crate::broker::asked_by;
use crate::call::{duration, with_time};
use crate::interface::{Source, Unknown};
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// Show the interface of an object, its bases, operations and types, and where it is
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorb describe @grid.ior\n  quorb describe @naming.ior --idl CosNaming.idl --json"
)]
pub(crate) struct Describe {
    /// IOR:..., corbaloc:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The time it may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    deadline: Duration,
    #[command(flatten)]
    source: Source,
}

impl Describe {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let text = reference::text_of(&self.reference)?;
        let parsed = reference::parse(&text)?;
        let interface = asked_by(Orb::builder(), async |orb| {
            let object = orb.string_to_object(&text).map_err(Verdict::failed)?;
            described(&self.source, &object, self.deadline).await
        });
        let interface = interface.await?;
        let anatomy = crate::ior::Anatomy::of(&parsed)?;
        if self.json {
            return output.json(&show::Whole { interface: &interface, reference: &anatomy });
        }
        show::interface(&interface, output)?;
        output.line("")?;
        crate::ior::show(&anatomy, output)
    }
}

/// The description of an object's interface, within a time.
pub(crate) async fn described(
    source: &Source,
    object: &ObjectRef,
    deadline: Duration,
) -> Result<quorb::model::InterfaceDesc, Verdict> {
    let described = source.describe(&with_time(object, deadline)).await;
    described.map_err(|unknown| match unknown {
        Unknown::Failed(exception) => Verdict::failed(exception),
        Unknown::Verdict(verdict) => verdict,
    })
}
