//! A Quorb server process that behaves like the foreign ones: `ready REFERENCE`, then serving until it is told to end.

use std::io::{Read, Write};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use grid::GridServant;
use grid::server::Board;
use quorb::{Callbacks, ObjectRef, Orb, Proxy, SystemException};

use crate::echo::{Ending, Forwarder, Reflector};
use crate::table::{Columns, TableServant};
use crate::zoo::{KeeperServant, Mirror, Named, Note};

/// Serves a Grid under the key `grid`, a Torture::Echo under `echo`, a Bench::Table under `table` and a Zoo::Keeper
/// under `keeper`, and announces one of them.
#[derive(Debug, Parser)]
#[command(name = "rust-server")]
pub struct Options {
    /// HOST:PORT to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// HOST:PORT that references carry instead
    #[arg(long)]
    advertise: Option<String>,
    /// Which object to announce
    #[arg(long, value_enum, default_value = "echo")]
    interface: Announced,
    /// Announce, under the key `forward`, an object that forwards every request to this reference
    #[arg(long)]
    forward_to: Option<String>,
    /// Announce, under the key `forward`, an object that forwards every request to itself
    #[arg(long)]
    circle: bool,
    /// Forward for good
    #[arg(long)]
    permanent: bool,
    /// The longest message, in octets
    #[arg(long)]
    body_bytes_max: Option<usize>,
    /// Write GIOP messages in big-endian order
    #[arg(long)]
    big_endian: bool,
    /// Call clients over the connections that they have opened, by GIOP too
    #[arg(long)]
    calls_back: bool,
    /// Close connections without calls after so many milliseconds
    #[arg(long)]
    idle_ms: Option<u64>,
    /// The grid's rows
    #[arg(long, default_value_t = 100)]
    height: i16,
    /// The grid's columns
    #[arg(long, default_value_t = 100)]
    width: i16,
    /// What the table's cells hold
    #[arg(long, default_value_t = 0)]
    cell: i32,
    /// End when standard input does
    #[arg(long)]
    with_parent: bool,
}

/// The objects of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Announced {
    /// The grid
    Grid,
    /// The echo
    Echo,
    /// The table
    Table,
    /// The keeper
    Keeper,
}

/// How long calls under way may take to end when the server is told to.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Serves until told to end by SIGTERM or Ctrl-C.
///
/// # Errors
/// Those of starting a broker and of reading a reference.
pub async fn run(options: Options) -> Result<(), SystemException> {
    let orb = start(&options).await?;
    let grid = orb.serve("grid", GridServant::new(Board::new(options.height, options.width)))?;
    let (echo, ending) = Reflector::serve(&orb, "echo")?;
    let table = orb.serve("table", TableServant::new(Columns::holding(options.cell)))?;
    quorb::value::valuetype::register::<Named>();
    quorb::value::valuetype::register::<Note>();
    let keeper = orb.serve("keeper", KeeperServant::new(Mirror))?;
    let announced = match (forwarder(&orb, &options)?, options.interface) {
        (Some(forwarder), _) => forwarder,
        (None, Announced::Grid) => grid.object().clone(),
        (None, Announced::Echo) => echo.object().clone(),
        (None, Announced::Table) => table.object().clone(),
        (None, Announced::Keeper) => keeper.object().clone(),
    };
    // Everything is there: whoever has been waiting since an earlier life of this server may come in.
    orb.open();
    let told = told_to_end(options.with_parent);
    // Whoever started this process and does not read cannot be helped.
    let _ = writeln!(std::io::stdout(), "ready {announced}").and_then(|()| std::io::stdout().flush());
    told.await;
    Ending::end(&ending);
    orb.shutdown(DRAIN_MAX).await;
    Ok(())
}

async fn start(options: &Options) -> Result<Orb, SystemException> {
    let mut builder = Orb::builder().listen(&options.listen).limits(|limits| {
        if let Some(octets) = options.body_bytes_max {
            limits.body_bytes_max = octets;
        }
        if let Some(milliseconds) = options.idle_ms {
            limits.idle_time_max = Duration::from_millis(milliseconds);
        }
    });
    if options.big_endian {
        builder = builder.giop_big_endian();
    }
    if options.calls_back {
        builder = builder.callbacks(Callbacks::Everywhere);
    }
    if let Some(address) = &options.advertise {
        builder = builder.advertise(address);
    }
    builder.holding().start().await
}

/// The object that the options want to forward, if they do.
fn forwarder(orb: &Orb, options: &Options) -> Result<Option<ObjectRef>, SystemException> {
    if options.forward_to.is_none() && !options.circle {
        return Ok(None);
    }
    let forwarder = Forwarder::new(options.permanent);
    let own = orb.serve("forward", forwarder.clone())?.object().clone();
    forwarder.forward_to(match &options.forward_to {
        Some(reference) => orb.string_to_object(reference)?,
        None => own.clone(),
    });
    Ok(Some(own))
}

/// Ends with a stop signal, or with standard input if that means the parent is gone. Signals are heard from the call on.
fn told_to_end(with_parent: bool) -> impl Future<Output = ()> {
    let told = quorb::shutdown_signal();
    let (gone, parent_gone) = tokio::sync::oneshot::channel::<()>();
    if with_parent {
        std::thread::spawn(move || {
            // Whatever comes is of no interest, and an error is an end, too.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = gone.send(());
        });
    }
    async move {
        tokio::select! {
            () = told => {}
            Ok(()) = parent_gone, if with_parent => {}
        }
    }
}
