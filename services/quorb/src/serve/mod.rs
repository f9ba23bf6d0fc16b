//! `quorb serve`: the services of a system, in one process.

mod data;
mod events;
mod member;
mod naming;
mod together;

use std::task::Poll;
use std::time::Duration;

use clap::Args;
use quorb::Orb;
use quorb::adapter::BoxFuture;

use self::data::Data;
use self::member::Member;
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

Several servers are one naming service and one event service when each is given the same --join
list: an address for each of them, at which they talk to each other. Run three; any one of them
may fail. What is bound or published is on the disks of all that run before its caller is
answered; a client that has been answered once knows them all, others are given
corbaloc::A:2809,:B:2809,:C:2809/NameService, and the same with /EventService. An event channel
of best effort is at one of them, and begins anew at another one if that fails.

Examples:
  quorb serve
  quorb serve --listen 0.0.0.0:2809 --advertise names.example --data /var/lib/quorb
  quorb serve --listen 127.0.0.1:0 --memory
  quorb serve --listen 0.0.0.0:2809 --advertise a.example \\
      --join a.example:7400,b.example:7400,c.example:7400     on a; the same on b and on c")]
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
    /// Write the reference to the naming service to a file, as soon as it can be used
    #[arg(long, value_name = "FILE")]
    reference_file: Option<std::path::PathBuf>,
    #[command(flatten)]
    member: Member,
    /// Bind the factory of event channels in the naming service, where omniEvents' clients look for it
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "EventChannelFactory")]
    bind_factory: Option<String>,
    /// How long calls under way may take at the end: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    drain: Duration,
}

/// A service of the process. One more is one more file like `naming`, and one more line in [`Serve::run`].
trait Service: Send {
    /// What it says about itself when everything is ready.
    fn greeting(&self) -> String;

    /// Waits until it cannot go on, and says why; most can as long as the process does.
    fn ended(&mut self) -> BoxFuture<'_, String> {
        Box::pin(std::future::pending())
    }

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
        let mut services = match served {
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
        let mut verdict = output.line(format_args!("ready {}", addresses.join(" ")));
        let is_over = match verdict {
            Ok(()) => tokio::select! {
                _ = end => true,
                why = first_ended(&mut services) => {
                    verdict = Err(Verdict::failed(why));
                    false
                }
            },
            Err(_) => false,
        };
        if !is_over {
            orb.shutdown(Duration::ZERO).await;
        }
        for service in services {
            service.close().await;
        }
        verdict
    }

    async fn services(&self, orb: &Orb) -> Result<Vec<Box<dyn Service>>, Verdict> {
        let data = Data::new(self.data.clone(), self.memory, orb)?;
        let factory = self.bind_factory.as_deref();
        if self.member.is_one_of_several() {
            self.member.check(orb)?;
            let (together, root) = together::start(orb, &data, &self.member, factory).await?;
            if let Err(verdict) = self.write_reference(&root) {
                together.close().await;
                return Err(verdict);
            }
            return Ok(vec![together]);
        }
        let (naming, root) = naming::alone(orb, &data).await?;
        self.write_reference(&root)?;
        match events::start(orb, &data, factory).await {
            Ok(events) => Ok(vec![naming, events]),
            Err(verdict) => {
                naming.close().await;
                Err(verdict)
            }
        }
    }

    fn write_reference(&self, root: &str) -> Result<(), Verdict> {
        if let Some(file) = &self.reference_file {
            let written = std::fs::write(file, format!("{root}\n"));
            written.map_err(|cause| Verdict::failed(format_args!("{}: {cause}", file.display())))?;
        }
        Ok(())
    }
}

/// Waits for a service that cannot go on.
async fn first_ended(services: &mut [Box<dyn Service>]) -> String {
    let mut ended: Vec<_> = services.iter_mut().map(|service| service.ended()).collect();
    std::future::poll_fn(|cx| {
        let ready = |ended: &mut BoxFuture<'_, String>| match ended.as_mut().poll(cx) {
            Poll::Ready(why) => Some(why),
            Poll::Pending => None,
        };
        ended.iter_mut().find_map(ready).map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
