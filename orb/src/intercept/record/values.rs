//! From bodies to values that describe themselves.

use ciborium::Value;

use super::RecordedValues;
use crate::model::{Direction, InterfaceDesc, OperationDesc, TypeDesc};
use crate::value::dynamic::Types;
use crate::value::{Body, BodyError};

/// The arguments in a body.
pub(super) fn arguments(
    described: Option<(&InterfaceDesc, &OperationDesc)>,
    body: &Body,
    bytes_max: usize,
) -> RecordedValues {
    values(described, body, bytes_max, |operation| {
        let parameters = operation.signature.parameters.iter();
        parameters.filter(|parameter| parameter.direction != Direction::Out).map(|p| &p.ty).collect()
    })
}

/// The results in a body.
pub(super) fn results(
    described: Option<(&InterfaceDesc, &OperationDesc)>,
    body: &Body,
    bytes_max: usize,
) -> RecordedValues {
    values(described, body, bytes_max, |operation| {
        let signature = &operation.signature;
        let returned = |direction| signature.parameters.iter().filter(move |p| p.direction == direction);
        let parameters = returned(Direction::InOut).chain(returned(Direction::Out));
        signature.result.iter().chain(parameters.map(|parameter| &parameter.ty)).collect()
    })
}

/// The repository id and the members of the exception in a body.
pub(super) fn exception(
    described: Option<(&InterfaceDesc, &OperationDesc)>,
    body: &Body,
    bytes_max: usize,
) -> (String, RecordedValues) {
    let mut reader = body.reader();
    let id = reader.items().and_then(|()| reader.next::<String>("repository id")).unwrap_or_default();
    let members = described.and_then(|(interface, operation)| {
        let named = |ty: &&TypeDesc| matches!(ty, TypeDesc::Named(named) if *named == id);
        let ty = operation.signature.raises.iter().find(named)?;
        reader.next_dynamic("exception", ty, Types::new(&interface.types)).ok()
    });
    let members = match members {
        _ if body.len() > bytes_max => RecordedValues::LeftOut { bytes: body.len() as u64 },
        Some(members) => RecordedValues::Values(vec![members]),
        None => RecordedValues::Octets(octets(body)),
    };
    (id, members)
}

fn values<'a>(
    described: Option<(&'a InterfaceDesc, &'a OperationDesc)>,
    body: &Body,
    bytes_max: usize,
    types_of: impl FnOnce(&'a OperationDesc) -> Vec<&'a TypeDesc>,
) -> RecordedValues {
    if body.len() > bytes_max {
        return RecordedValues::LeftOut { bytes: body.len() as u64 };
    }
    let read = described
        .map(|(interface, operation)| read(body, &types_of(operation), Types::new(&interface.types)));
    match read {
        Some(Ok(values)) => RecordedValues::Values(values),
        // Built-in operations, dynamic calls, and bodies that are broken: what came is kept as it came.
        Some(Err(_)) | None => RecordedValues::Octets(octets(body)),
    }
}

fn read(body: &Body, expected: &[&TypeDesc], definitions: Types<'_>) -> Result<Vec<Value>, BodyError> {
    let mut reader = body.reader();
    reader.items()?;
    let values = expected.iter().map(|ty| match reader.next_dynamic("value", ty, definitions) {
        // Trailing arguments may be left out in CBOR.
        Err(BodyError::Missing(_)) => Ok(None),
        other => other.map(Some),
    });
    let values = values.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    reader.end()?;
    Ok(values)
}

fn octets(body: &Body) -> Vec<u8> {
    match body {
        Body::Cdr { contents, .. } => contents.octets().to_vec(),
        Body::Cbor(octets) => octets.to_vec(),
    }
}
