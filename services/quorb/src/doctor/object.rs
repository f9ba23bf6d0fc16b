//! Asking the object itself, through the broker, as any client would.

use std::time::{Duration, Instant};

use quorb::exception::ExceptionKind;
use quorb::{Fault, Minor, ObjectRef, Orb, SystemException};
use quorb_giop::ior::Ior;
use quorb_giop::names::RepositoryId;

use super::chart::{Chart, Finding, Step};
use crate::broker::asked_by;
use crate::verdict::Verdict;

/// The interface of every object.
const OBJECT: &str = "IDL:omg.org/CORBA/Object:1.0";

/// Asks whether it is there, of its type, and served with metadata.
pub(super) async fn ask(ior: &Ior, limit: Duration, chart: &mut Chart<'_>) -> Result<(), Verdict> {
    let builder = Orb::builder().call_deadline(limit).limits(|limits| limits.connect_time_max = limit);
    asked_by(builder, async |orb| {
        // Without a type the broker asks the object instead of believing the reference.
        let object = orb.object(Ior { type_id: RepositoryId::default(), profiles: ior.profiles.clone() });
        ask_object(&object, ior.type_id.as_str(), chart).await
    })
    .await
}

async fn ask_object(object: &ObjectRef, type_id: &str, chart: &mut Chart<'_>) -> Result<(), Verdict> {
    let begun = Instant::now();
    let wanted = if type_id.is_empty() { OBJECT } else { type_id };
    let is_a = match object.is_a(wanted).await {
        Ok(is_a) => is_a,
        Err(fault) => return chart.enter(absent(&fault.into()).took(begun.elapsed())),
    };
    chart.enter(Step::new(Finding::Good, "object", "it answers").took(begun.elapsed()))?;
    let begun = Instant::now();
    let described = object.describe().await;
    let took = begun.elapsed();
    let own = described.as_ref().ok().map(|interface| interface.id.as_str());
    chart.enter(type_step(type_id, is_a, own))?;
    chart.enter(match &described {
        Ok(interface) => {
            let detail = format!("{}, {} operations", interface.name, interface.operations.len());
            Step::new(Finding::Good, "metadata", detail).took(took)
        }
        Err(fault) => not_described(fault).took(took),
    })
}

fn type_step(said: &str, is_a: bool, own: Option<&str>) -> Step {
    match (said, is_a, own) {
        ("", _, own) => {
            Step::new(Finding::Note, "type", own.unwrap_or("neither the reference nor the object says it"))
        }
        (said, false, own) => {
            let truth = own.map(|own| format!("; it is {own}")).unwrap_or_default();
            Step::new(Finding::Fault, "type", format_args!("the object is no {said}{truth}"))
                .advise("the key leads to another object now: get a fresh reference")
        }
        (said, true, Some(own)) if own != said => {
            Step::new(Finding::Good, "type", format_args!("{said}, as which {own} serves"))
        }
        (said, true, _) => Step::new(Finding::Good, "type", said),
    }
}

fn not_described(fault: &Fault) -> Step {
    match fault.kind() {
        Some(ExceptionKind::BadOperation | ExceptionKind::NoImplement) => Step::new(
            Finding::Note,
            "metadata",
            "not served: the object belongs to another broker, `quorb call` cannot call it",
        ),
        _ => Step::new(Finding::Warning, "metadata", fault),
    }
}

fn absent(exception: &SystemException) -> Step {
    let (kind, minor) = (exception.kind(), exception.minor());
    // Where the server has said why, the way to it is known from the steps before.
    let step = match minor.phrase(kind).filter(|_| kind == ExceptionKind::ObjectNotExist) {
        Some(phrase) => Step::new(Finding::Fault, "object", format_args!("{kind}: {phrase}")),
        None => Step::new(Finding::Fault, "object", exception),
    };
    match kind {
        ExceptionKind::ObjectNotExist if minor == Minor::OBJECT_OF_EARLIER_LIFE => step.advise(
            "transient objects end with their server: get a fresh reference, or let the server give the object an id",
        ),
        ExceptionKind::ObjectNotExist => {
            step.advise("the server runs, but has no such object (any more): get a fresh reference, or check the key")
        }
        ExceptionKind::Timeout => step.advise("the server is alive, but does not answer: look at its load and its log"),
        ExceptionKind::Transient => step.advise("try again in a moment: the server is starting, ending or overloaded"),
        _ => step.advise("the log of the server may say more"),
    }
}
