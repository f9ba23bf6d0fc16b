//! `quorb group`: the object groups of a domain, and where their replicas are.

mod change;
mod create;
mod describe;
mod list;
mod seen;
mod watch;

use std::time::Duration;

use clap::{Args, Subcommand};
use quorb::{ExceptionKind, Fault, Orb, Proxy};
use quorb_groups::manage::interface::{
    BeginError, DomainControlProxy, NoSuchGroup, PlaceError, PlacementsProxy,
};
use quorb_groups::manage::{DOMAIN_KEY, PLACEMENT_KEY};

use crate::broker::asked_by;
use crate::call::duration;
use crate::output::Output;
use crate::verdict::Verdict;

/// List, watch and change object groups: replicas of one object in several processes
#[derive(Debug, Args)]
#[command(after_help = "\
ADDR is the address of the broker of any process of the domain, as in `grid-server --listen ADDR`;
several may be given, separated by commas. A HOST is such an address, or a process as it is printed.

Examples:
  export QUORB_DOMAIN=127.0.0.1:2811,127.0.0.1:2812
  quorb group ls
  quorb group describe grid
  quorb group watch grid
  quorb group add grid --at 127.0.0.1:2813
  quorb group move grid --from 127.0.0.1:2811
  quorb group want grid 3
  quorb group remove grid --at 127.0.0.1:2812")]
pub(crate) struct Group {
    /// Processes of the domain [default: $QUORB_DOMAIN]
    #[arg(long, value_name = "ADDR", value_delimiter = ',', global = true)]
    domain: Vec<String>,
    /// The time that each request may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration, global = true)]
    deadline: Duration,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Ls(list::Ls),
    Hosts(list::Hosts),
    Describe(describe::Describe),
    Watch(watch::Watch),
    Create(create::Create),
    Add(change::Add),
    Remove(change::Remove),
    Move(change::Move),
    Want(change::Want),
    Dissolve(change::Dissolve),
    Bootstrap(change::Bootstrap),
}

/// A domain, as the verbs reach it: what one of its processes sees, and the plan that all of them have.
struct Domain {
    control: DomainControlProxy,
    plan: PlacementsProxy,
    deadline: Duration,
}

impl Group {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let builder = Orb::builder().call_deadline(self.deadline);
        asked_by(builder, async |orb| self.done(orb, output).await).await
    }

    async fn done(self, orb: &Orb, output: &mut Output) -> Result<(), Verdict> {
        let addresses = match self.domain.is_empty() {
            true => std::env::var("QUORB_DOMAIN").unwrap_or_default(),
            false => self.domain.join(","),
        };
        let domain = Domain::at(orb, &addresses, self.deadline)?;
        match self.verb {
            Verb::Ls(ls) => ls.run(&domain, output).await,
            Verb::Hosts(hosts) => hosts.run(&domain, output).await,
            Verb::Describe(describe) => describe.run(&domain, output).await,
            Verb::Watch(watch) => watch.run(&domain, output).await,
            Verb::Create(create) => create.run(&domain, output).await,
            Verb::Add(add) => add.run(&domain, output).await,
            Verb::Remove(remove) => remove.run(&domain, output).await,
            Verb::Move(moves) => moves.run(&domain, output).await,
            Verb::Want(want) => want.run(&domain).await,
            Verb::Dissolve(dissolve) => dissolve.run(&domain).await,
            Verb::Bootstrap(bootstrap) => bootstrap.run(&domain).await,
        }
    }
}

impl Domain {
    fn at(orb: &Orb, addresses: &str, deadline: Duration) -> Result<Domain, Verdict> {
        let addresses: Vec<&str> = addresses.split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
        if addresses.is_empty() {
            return Err(Verdict::misused(
                "which domain? Give --domain ADDR or set QUORB_DOMAIN: the address of the broker of one of its processes",
            ));
        }
        let places: Vec<String> = addresses.iter().map(|address| format!("iiop:1.2@{address}")).collect();
        let places = places.join(",");
        let reference = |key: &str| format!("corbaloc:{places}/{key}");
        Ok(Domain {
            control: orb.bind(&reference(DOMAIN_KEY)).map_err(Verdict::misused)?,
            plan: orb.bind(&reference(PLACEMENT_KEY)).map_err(Verdict::misused)?,
            deadline,
        })
    }

    /// The control object with more time than a request has to be answered.
    fn patient(&self, wait: Duration) -> DomainControlProxy {
        self.control.with_deadline(wait + self.deadline)
    }
}

/// An exception in words.
trait Words {
    fn words(&self) -> String;
}

impl Words for std::convert::Infallible {
    fn words(&self) -> String {
        match *self {}
    }
}

impl Words for NoSuchGroup {
    fn words(&self) -> String {
        format!("the domain has no group `{}`; `quorb group ls` lists those it has", self.name)
    }
}

impl Words for PlaceError {
    fn words(&self) -> String {
        match self {
            PlaceError::NoSuchGroup(missing) => missing.words(),
            PlaceError::CannotPlace(cause) => cause.reason.clone(),
        }
    }
}

impl Words for BeginError {
    fn words(&self) -> String {
        match self {
            BeginError::NoSuchGroup(missing) => missing.words(),
            BeginError::CannotPlace(cause) => cause.reason.clone(),
        }
    }
}

/// Why a request failed, in the words of whoever refused it.
fn failed<E: Words>(fault: Fault<E>) -> Verdict {
    match fault {
        Fault::System(exception) if exception.kind() == ExceptionKind::ObjectNotExist => Verdict::failed(
            "there is a broker, but none that holds replicas: its process has no `Host` (guide of quorb-groups, managing)",
        ),
        Fault::System(exception) => Verdict::failed(exception),
        Fault::User(exception) => Verdict::failed(exception.words()),
    }
}
