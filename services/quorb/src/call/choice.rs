//! Which operation is meant, and whether the arguments fit it.

use ciborium::Value;
use quorb::model::{Direction, InterfaceDesc, Kind, OperationDesc, Parameter, Replies, Signature, TypeDesc};
use quorb::value::dynamic::Types;

use super::argument::value_of;
use crate::verdict::Verdict;

/// The operation that `name` means: itself, or an attribute that is read without an argument and written with one.
pub(super) fn operation<'a>(
    interface: &'a InterfaceDesc,
    name: &str,
    arguments: usize,
) -> Result<&'a OperationDesc, Verdict> {
    let accessor = format!("_{}_{name}", if arguments == 0 { "get" } else { "set" });
    interface
        .operation(name)
        .or_else(|| interface.operation(&accessor))
        .ok_or_else(|| unknown(interface, name))
}

fn unknown(interface: &InterfaceDesc, name: &str) -> Verdict {
    let what = match interface.operation(&format!("_get_{name}")) {
        Some(_) => format!("the attribute `{name}` of {} is read-only", interface.name),
        None => format!("{} has no operation `{name}`", interface.name),
    };
    let near = interface.operations.iter().min_by_key(|known| distance(&known.name, name));
    let near = near.filter(|known| distance(&known.name, name) <= 2);
    let hint = near.map(|known| format!(" (did you mean `{}`?)", known.name)).unwrap_or_default();
    let mut message = format!("{what}{hint}\noperations:");
    for operation in &interface.operations {
        message.push_str(&format!("\n  {operation}"));
    }
    Verdict::misused(message)
}

/// The values of the arguments.
///
/// # Errors
/// Their number or their form does not fit: a message that shows the signature.
pub(super) fn arguments(
    interface: &InterfaceDesc,
    operation: &OperationDesc,
    written: &[String],
) -> Result<Vec<Value>, Verdict> {
    let usage = |reason: String| Verdict::misused(format_args!("{reason}\nusage: {operation}"));
    let inputs: Vec<&Parameter> =
        operation.signature.parameters.iter().filter(|p| p.direction != Direction::Out).collect();
    let least = inputs.iter().rposition(|parameter| !parameter.optional).map_or(0, |last| last + 1);
    if !(least..=inputs.len()).contains(&written.len()) {
        let wanted = match (least, inputs.len()) {
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let plural = if wanted == "1" { "" } else { "s" };
        let name = &operation.name;
        return Err(usage(format!("`{name}` takes {wanted} argument{plural}, not {}", written.len())));
    }
    let types = Types::new(&interface.types);
    let values = inputs.iter().zip(written).map(|(parameter, text)| {
        value_of(text, &parameter.ty, types)
            .map_err(|unfit| usage(format!("argument `{}`: {unfit}", parameter.name)))
    });
    values.collect()
}

/// What every object has, whether it serves metadata or not.
pub(super) fn builtin(name: &str) -> Option<OperationDesc> {
    let string = || TypeDesc::String { bound: None };
    let id = Parameter {
        name: "repository_id".to_owned(),
        direction: Direction::In,
        ty: string(),
        optional: false,
    };
    let (parameters, result) = match name {
        "_is_a" => (vec![id], TypeDesc::Boolean),
        "_non_existent" => (Vec::new(), TypeDesc::Boolean),
        "_repository_id" => (Vec::new(), string()),
        _ => return None,
    };
    Some(OperationDesc {
        name: name.to_owned(),
        kind: Kind::Query,
        oneway: false,
        idempotent: true,
        cancellable: true,
        deadline_ms: None,
        replies: Replies::First,
        signature: Signature { parameters, result: Some(result), raises: Vec::new() },
    })
}

/// How many letters must be changed, added or left out to get from one word to the other; for words of sensible length.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 || b.len() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        for (a, b, d) in [("get", "get", 0), ("get", "got", 1), ("height", "heigth", 2), ("set", "sets", 1)] {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
        assert_eq!(distance("a", "abcd"), usize::MAX);
    }
}
