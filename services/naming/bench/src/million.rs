//! What many names cost: on the disk, at the start, in memory, in lists.

use std::path::Path;
use std::time::{Duration, Instant};

use quorb::{ObjectRef, Orb, Proxy};
use quorb_giop::cdr::{Cdr, Encoder, Endian};
use quorb_interop::Folder;
use quorb_naming::cos::NamingContextProxy;
use quorb_naming::storage::{RedbStore, Store};
use quorb_naming::tree::{
    Change, Command, ContextId, Label, Mode, Outcome, Reference, Target, Tree, TreeLimits,
};
use quorb_naming::{Limits, Names};

use crate::load::{Work, by_ours, numbered};
use crate::servers;
use crate::{Fault, Plan};

/// Rows that are committed at a time when the store is filled.
const ROWS_PER_COMMIT: usize = 10_000;

pub(crate) fn measure(plan: Plan) -> Result<(), Fault> {
    let folder = Folder::new("naming-million")?;
    fill(folder.path(), plan.names)?;
    let begun = Instant::now();
    let server = servers::ours(folder)?;
    let start_up = begun.elapsed();
    let memory = resident_kib(server.process.id(), "VmRSS:")?;
    let file = std::fs::metadata(server.folder.path().join("names.redb"))?.len();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (listing, rate) = runtime.block_on(async {
        let orb = Orb::client().await?;
        let names = Names::at(&orb, &server.reference)?;
        let begun = Instant::now();
        let listed = names.list("").await?.len();
        if listed != plan.names {
            return Err(Fault::Wrong(format!("{listed} names instead of {}", plan.names)));
        }
        let listing = begun.elapsed();
        let rate = by_ours(&orb, &server.reference, Work::Resolve, plan.calls_at_once, 64).await?;
        orb.shutdown(Duration::from_secs(1)).await;
        Ok::<_, Fault>((listing, rate))
    })?;
    let names = plan.names as f64;
    println!("{} names in one context", plan.names);
    println!("  start-up                  {:>8.2} s", start_up.as_secs_f64());
    println!(
        "  memory of the server      {:>8.0} MiB, {:.0} octets a name",
        memory / 1024.0,
        memory * 1024.0 / names
    );
    println!("  file                      {:>8.0} MiB", file as f64 / f64::from(1 << 20));
    println!(
        "  list all                  {:>8.2} s, {:.0} names a second",
        listing.as_secs_f64(),
        names / listing.as_secs_f64()
    );
    println!("  resolve, 64 in flight     {rate:>8.0} a second");
    Ok(())
}

/// A store of so many names, each bound to a reference as ours are.
fn fill(folder: &Path, names: usize) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let object: ObjectRef = runtime.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let reference = orb.adapter().reference("trading/grid", NamingContextProxy::interface())?;
        orb.shutdown(Duration::ZERO).await;
        Ok::<_, Fault>(reference)
    })?;
    let reference = encoded(&object)?;
    let mut store = RedbStore::open(folder)?;
    let mut tree = Tree::new(TreeLimits::from(&Limits::default()));
    let mut changes: Vec<Change> = Vec::new();
    for number in 0..names {
        let [component] = numbered(number);
        let name = Label::of(&component).into_iter().collect();
        let target = Target::Object(Reference(reference.clone().into()));
        let command = Command::Bind { at: ContextId::ROOT, name, target, mode: Mode::New, lease: None };
        match tree.apply(command, Duration::ZERO, &mut changes) {
            Ok(Outcome::Done) => {}
            other => return Err(Fault::Wrong(format!("{other:?}"))),
        }
        if changes.len() == ROWS_PER_COMMIT || number + 1 == names {
            let rows: Vec<_> = changes.drain(..).map(|change| change.row()).collect();
            store.commit(&rows)?;
            store.settle();
        }
    }
    Ok(())
}

/// A reference as the service keeps it: an encapsulation.
fn encoded(object: &ObjectRef) -> Result<Vec<u8>, Fault> {
    let encoded = Encoder::encapsulate(Endian::Little, |out| object.ior().encode(out));
    encoded.map_err(|cause| Fault::Wrong(cause.to_string()))
}

/// The memory that a process has, or has had at most, in KiB: what the system calls `VmRSS:` and `VmHWM:`.
pub(crate) fn resident_kib(process: u32, which: &str) -> Result<f64, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.ok_or_else(|| Fault::Wrong(format!("no {which}")))
}
