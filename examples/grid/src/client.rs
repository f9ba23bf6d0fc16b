//! Calling a grid.

use clap::Parser;
use quorb::{Fault, Orb, Preference};

use crate::GridProxy;

/// Calls a grid: prints its size, sets (2,4) to 123, reads it back, and provokes OutOfRange.
///
/// Example: grid-client corbaloc:iiop:1.2@127.0.0.1:2810/grid
#[derive(Debug, Parser)]
#[command(name = "grid-client", version)]
pub struct Options {
    /// The grid: IOR:..., corbaloc:...
    pub reference: String,
    /// The protocol to use where the reference offers both
    #[arg(long, value_enum, default_value = "native")]
    pub protocol: Protocol,
}

/// The protocol to use where a reference offers both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// The native protocol where it is offered
    Native,
    /// GIOP, as any CORBA program would
    Iiop,
}

/// Calls every operation of a grid and prints what comes back.
pub async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let preference = match options.protocol {
        Protocol::Native => Preference::NativeFirst,
        Protocol::Iiop => Preference::IiopOnly,
    };
    let orb = Orb::builder().prefer(preference).start().await?;
    let grid: GridProxy = orb.bind(&options.reference)?;

    let (height, width) = (grid.height().await?, grid.width().await?);
    println!("height {height}");
    println!("width {width}");
    grid.set(2, 4, 123).await?;
    println!("set (2,4) to 123");
    println!("get (2,4) gives {}", grid.get(2, 4).await?);
    match grid.get(height, width).await {
        Err(Fault::User(exception)) => println!("get ({height},{width}) raises {exception}"),
        Err(fault) => return Err(fault.into()),
        Ok(value) => {
            return Err(format!("get ({height},{width}) gives {value} from outside of the grid").into());
        }
    }
    orb.shutdown(std::time::Duration::from_secs(1)).await;
    Ok(())
}
