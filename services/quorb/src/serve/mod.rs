//! `quorb serve`: the services of a system, in one process.

mod data;
mod events;
mod naming;

use std::time::Duration;

use clap::Args;
use quorb::Orb;
use quorb::adapter::BoxFuture;

use self::data::Data;
use crate::call::duration;
use crate::output::Output;
use crate::verdict::Verdict;

/// Run the services: naming and events, at the port and under the keys that CORBA programs expect
#[derive(Debug, Args)]
#[command(after_help = "\
Prints `ready ADDR` on standard output when it can be used, and ends in order on SIGTERM or Ctrl-C.

The naming service is where omniNames would be: any CORBA client finds it by
corbaloc::HOST:2809/NameService. What is bound is on the disk before its caller is answered.
The event service is at corbaloc::HOST:2809/EventService, its factory of CORBA channels at
corbaloc::HOST:2809/EventChannelFactory; what is published to a durable channel is on the disk
before its publisher is answered.

Examples:
  quorb serve
  quorb serve --listen 0.0.0.0:2809 --advertise names.example --data /var/lib/quorb
  quorb serve --listen 127.0.0.1:0 --memory")]
pub(crate) struct Serve {
    /// Where to listen: HOST:PORT, or unix:/PATH; may be given several times
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2809")]
    listen: Vec<String>,
    /// What references carry instead, for servers behind address translation; may be given several times
    #[arg(long, value_name = "HOST[:PORT]")]
    advertise: Vec<String>,
    /// Where to keep what must last [default: $QUORB_DATA, else a folder for the port in $XDG_STATE_HOME/quorb]
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// Keep nothing: everything is forgotten at the end
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Bind the factory of event channels in the naming service, where omniEvents' clients look for it
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "EventChannelFactory")]
    bind_factory: Option<String>,
    /// How long calls under way may take at the end: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    drain: Duration,
}

/// A service of the process. One more is one more file like `naming`, and one more line in [`Serve::run`].
trait Service {
    /// What it says about itself when everything is ready.
    fn greeting(&self) -> String;

    /// Ends it, after the broker has been shut down.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

impl Serve {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let mut builder = Orb::builder().holding();
        for address in &self.listen {
            builder = builder.listen(address);
        }
        for name in &self.advertise {
            builder = builder.advertise(name);
        }
        let orb = builder.start().await.map_err(Verdict::failed)?;
        let served = self.services(&orb).await;
        let services = match served {
            Ok(services) => services,
            Err(verdict) => {
                orb.shutdown(Duration::ZERO).await;
                return Err(verdict);
            }
        };
        for service in &services {
            eprintln!("{}", service.greeting());
        }
        let end = orb.run_until_signal(self.drain);
        let addresses: Vec<String> = orb.addresses().iter().map(ToString::to_string).collect();
        let said = output.line(format_args!("ready {}", addresses.join(" ")));
        if said.is_ok() {
            end.await;
        } else {
            orb.shutdown(Duration::ZERO).await;
        }
        for service in services {
            service.close().await;
        }
        said
    }

    async fn services(&self, orb: &Orb) -> Result<Vec<Box<dyn Service>>, Verdict> {
        let data = Data::new(self.data.clone(), self.memory, orb)?;
        let naming = naming::start(orb, &data).await?;
        match events::start(orb, &data, self.bind_factory.as_deref()).await {
            Ok(events) => Ok(vec![naming, events]),
            Err(verdict) => {
                naming.close().await;
                Err(verdict)
            }
        }
    }
}
