//! Examining one place: resolve, connect, speak both protocols.

use std::time::{Duration, Instant};

use quorb::Address;
use quorb_giop::cdr::GiopVersion;

use super::chart::{Chart, Finding, Step};
use super::giop;
use super::line::{self, Line, Target, Trouble};
use super::native::{self, Native};
use super::places::Place;
use super::presence::Presence;
use super::stranger;
use crate::verdict::Verdict;

/// Examines a place.
pub(super) async fn visit(place: &Place, limit: Duration, chart: &mut Chart<'_>) -> Result<(), Verdict> {
    let Some(targets) = targets(place, limit, chart).await? else { return Ok(()) };
    let Some(target) = connect(place, &targets, limit, chart).await? else { return Ok(()) };
    let native = native::speak(&target, place, limit).await;
    let giop = speak_giop(&target, place, limit).await;
    if let (Err(native), None) = (&native, giop.latest()) {
        return enter_stranger(place, &target, native, &giop, limit, chart).await;
    }
    chart.reach();
    chart.enter(native_step(place, native))?;
    chart.enter(giop.step(place))
}

/// Where to connect to; `None` if the name does not resolve.
async fn targets(
    place: &Place,
    limit: Duration,
    chart: &mut Chart<'_>,
) -> Result<Option<Vec<Target>>, Verdict> {
    if let Some(target) = Target::of(&place.address) {
        return Ok(Some(vec![target]));
    }
    let Address::Tcp { host, port } = &place.address else {
        chart.enter(
            Step::new(Finding::Note, "connect", "only its own process can reach it").at(&place.address),
        )?;
        return Ok(None);
    };
    let begun = Instant::now();
    match line::resolve(host, *port, limit).await {
        Ok(found) => {
            let listed: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
            let step = Step::new(Finding::Good, "resolve", listed.join(", "));
            chart.enter(step.at(host).took(begun.elapsed()))?;
            Ok(Some(found.into_iter().map(Target::Tcp).collect()))
        }
        Err(trouble) => {
            let step = Step::new(Finding::Unreachable, "resolve", &trouble);
            chart.enter(step.at(host).took(begun.elapsed()).advise(trouble.advice()))?;
            Ok(None)
        }
    }
}

/// The first target that can be connected to.
async fn connect(
    place: &Place,
    targets: &[Target],
    limit: Duration,
    chart: &mut Chart<'_>,
) -> Result<Option<Target>, Verdict> {
    let begun = Instant::now();
    let mut troubles: Vec<(&Target, Trouble)> = Vec::new();
    for target in targets {
        match Line::open(target, limit).await {
            Ok(_) => {
                let mut detail = "connected".to_owned();
                for (target, trouble) in &troubles {
                    detail.push_str(&format!("; {target} failed: {trouble}"));
                }
                chart.enter(Step::new(Finding::Good, "connect", detail).at(target).took(begun.elapsed()))?;
                return Ok(Some(target.clone()));
            }
            Err(trouble) => troubles.push((target, trouble)),
        }
    }
    for (target, trouble) in troubles {
        let step = Step::new(Finding::Unreachable, "connect", &trouble).at(target).took(begun.elapsed());
        let zero = matches!(place.address, Address::Tcp { port: 0, .. });
        let advice =
            if zero { "0 is no port to connect to: get a fresh reference" } else { trouble.advice() };
        chart.enter(step.advise(advice))?;
    }
    Ok(None)
}

fn native_step(place: &Place, native: Result<Native, Trouble>) -> Step {
    let announced = place.quorb.as_ref();
    let native = match native {
        Ok(native) => native,
        Err(trouble) => {
            let finding = if announced.is_some() { Finding::Fault } else { Finding::Note };
            let step = Step::new(finding, "native", format_args!("not spoken: {trouble}")).at(&place.address);
            return match announced {
                Some(_) => step
                    .advise("the reference says that it is: it is of another server, or of another version"),
                None => step,
            };
        }
    };
    let hello = &native.hello;
    let software = String::from_utf8_lossy(&hello.software);
    let mut detail = format!(
        "version {}, {software}, {} KiB frames, {} calls in flight, {}",
        native.version,
        hello.frame_bytes_max / 1024,
        hello.calls_in_flight_max,
        native.presence,
    );
    let is_other = announced.is_some_and(|known| ![0, hello.identity].contains(&known.server_identity));
    if is_other {
        detail.push_str("; the server has restarted since the reference was made");
    }
    Step::new(severity(&native.presence), "native", detail).at(&place.address).took(native.took)
}

/// A place where the object is not is a warning: another place may have it, and the object has its own step.
fn severity(presence: &Presence) -> Finding {
    match presence {
        Presence::Here => Finding::Good,
        Presence::Elsewhere(_) => Finding::Note,
        Presence::Gone { .. } | Presence::Refused(_) => Finding::Warning,
    }
}

/// The answers in every version of GIOP.
struct GiopAnswers {
    answers: Vec<(GiopVersion, Result<giop::Giop, Trouble>)>,
}

async fn speak_giop(target: &Target, place: &Place, limit: Duration) -> GiopAnswers {
    let mut answers = Vec::new();
    for version in giop::VERSIONS {
        let answer = giop::speak(target, place, version, limit).await;
        // Who does not understand the latest version may understand an older one; who says nothing at all, or something
        // else, will not become a broker.
        let hopeless = matches!(answer, Err(Trouble::Late(_) | Trouble::Stranger(_)));
        answers.push((version, answer));
        if hopeless {
            break;
        }
    }
    GiopAnswers { answers }
}

impl GiopAnswers {
    /// The answer in the latest version that is spoken.
    fn latest(&self) -> Option<&giop::Giop> {
        self.answers.iter().find_map(|(_, answer)| answer.as_ref().ok())
    }

    fn step(&self, place: &Place) -> Step {
        let spoken: Vec<String> = self
            .answers
            .iter()
            .filter(|(_, answer)| answer.is_ok())
            .map(|(version, _)| version.to_string())
            .collect();
        let refused =
            self.answers.iter().find_map(|(version, answer)| Some((*version, answer.as_ref().err()?)));
        let Some(latest) = self.latest() else {
            let detail = refused.map(|(_, trouble)| trouble.to_string()).unwrap_or_default();
            return Step::new(Finding::Warning, "giop", format_args!("not spoken: {detail}"))
                .at(&place.address);
        };
        let mut detail = format!("version {}, {}", spoken.join(", "), latest.presence);
        let mut finding = severity(&latest.presence);
        if let Some((version, trouble)) = refused {
            detail.push_str(&format!("; {version} fails: {trouble}"));
            if version <= place.version {
                finding = Finding::Fault;
            }
        }
        let step = Step::new(finding, "giop", detail).at(&place.address).took(latest.took);
        match finding {
            Finding::Fault => step.advise(format_args!(
                "the reference promises GIOP {}: use corbaloc:iiop:{}@..., or get a fresh reference",
                place.version,
                spoken.first().map_or("1.0", String::as_str)
            )),
            _ => step,
        }
    }
}

/// Somebody listens, but speaks neither protocol.
async fn enter_stranger(
    place: &Place,
    target: &Target,
    native: &Trouble,
    giop: &GiopAnswers,
    limit: Duration,
    chart: &mut Chart<'_>,
) -> Result<(), Verdict> {
    let mut troubles =
        std::iter::once(native).chain(giop.answers.iter().filter_map(|(_, answer)| answer.as_ref().err()));
    let version = troubles.clone().find(|trouble| matches!(trouble, Trouble::Protocol(_)));
    if let Some(trouble) = version {
        let detail = format!("a broker answers, but: {trouble}");
        let advice = "the versions of both sides do not fit: update the older one";
        return chart.enter(Step::new(Finding::Fault, "protocol", detail).at(&place.address).advise(advice));
    }
    let named = troubles.find(|trouble| matches!(trouble, Trouble::Stranger(_))).map(ToString::to_string);
    let detail = match named {
        Some(named) => named,
        None => match stranger::provoke(target, limit).await {
            Some(guess) => guess,
            None => format!("it speaks neither protocol: {native}"),
        },
    };
    let advice = "no broker listens at this port: check the port, or get a fresh reference";
    chart.enter(Step::new(Finding::Fault, "protocol", detail).at(&place.address).advise(advice))
}
