//! Return types: result, outs and exceptions.

use syn::{PathArguments, ReturnType, Type, TypePath};

use crate::interface::model::{Outcome, Raised, Returns};
use crate::sink::Sink;
use crate::wire_type::{arguments_of_last, check_type, is_stream, ungrouped};

/// Takes a return type apart.
pub(super) fn returns(output: &ReturnType, interface: &str, sink: &mut Sink) -> Option<Returns> {
    let nothing: Type = syn::parse_quote!(());
    let written = match output {
        ReturnType::Default => {
            return Some(Returns {
                outcome: Outcome::Nothing,
                written: nothing,
                raised: Raised::Nothing,
                error: None,
            });
        }
        ReturnType::Type(_, written) => ungrouped(written),
    };
    let Some(arguments) = arguments_of_last(written, "Result") else {
        let outcome = outcome(written, interface, sink)?;
        return Some(Returns { outcome, written: written.clone(), raised: Raised::Nothing, error: None });
    };
    let [success, error] = arguments.as_slice() else {
        sink.at(
            written,
            "this `Result` does not say what the operation raises: write both types, `Result<T, E>`, with `E` an \
             exception, or `Fault` for system exceptions only",
        );
        return None;
    };
    let outcome = outcome(success, interface, sink);
    let raised = raised(error, sink);
    Some(Returns {
        outcome: outcome?,
        written: (*success).clone(),
        raised: raised?,
        error: Some((*error).clone()),
    })
}

fn outcome(ty: &Type, interface: &str, sink: &mut Sink) -> Option<Outcome> {
    let before = sink.count();
    let outcome = match ungrouped(ty) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Outcome::Nothing,
        Type::Tuple(tuple) if tuple.elems.len() == 1 => {
            sink.at(tuple, "a tuple of one element is no result: leave out the comma");
            return None;
        }
        Type::Tuple(tuple) => {
            let mut elements = tuple.elems.iter();
            let result = elements.next().filter(|result| !is_nothing(result)).cloned();
            Outcome::WithOuts(result, elements.cloned().collect())
        }
        Type::Paren(paren) => return outcome(&paren.elem, interface, sink),
        ty => Outcome::Single(ty.clone()),
    };
    let parts: Vec<&Type> = match &outcome {
        Outcome::Nothing => Vec::new(),
        Outcome::Single(ty) if is_stream(ty) => Vec::new(),
        Outcome::Single(ty) => vec![ty],
        Outcome::WithOuts(result, outs) => result.iter().chain(outs).collect(),
    };
    parts.into_iter().for_each(|part| check_type(part, "a result", Some(interface), sink));
    (sink.count() == before).then_some(outcome)
}

/// What an error type declares to raise.
pub(super) fn raised(error: &Type, sink: &mut Sink) -> Option<Raised> {
    match ungrouped(error) {
        Type::Path(TypePath { path, .. }) => {
            let Some(faults) = arguments_of_last(error, "Fault") else {
                return Some(Raised::Exception(error.clone()));
            };
            match faults.as_slice() {
                [] if path
                    .segments
                    .last()
                    .is_some_and(|last| matches!(last.arguments, PathArguments::None)) =>
                {
                    Some(Raised::SystemOnly)
                }
                [exception] => Some(Raised::Fault((*exception).clone())),
                _ => {
                    sink.at(
                        error,
                        "write `Fault<E>` with one exception `E`, or `Fault` for system exceptions only",
                    );
                    None
                }
            }
        }
        other => {
            sink.at(
                other,
                "an operation raises an exception: a struct or an enum with `#[derive(Exception)]`, or `Fault` for \
                 system exceptions only",
            );
            None
        }
    }
}

fn is_nothing(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
