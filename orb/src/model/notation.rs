//! Types, operations and signatures in the notation of IDL, for people.

use std::fmt;

use super::{OperationDesc, Signature, TypeDesc};
use crate::model::Direction;

/// The simple name in a repository id: `Grid` in `IDL:Grid:1.0` and in `IDL:bank/Grid:1.0`; an id of another form as it is.
pub fn simple_name(id: &str) -> &str {
    let path =
        id.strip_prefix("IDL:").map_or(id, |rest| rest.rsplit_once(':').map_or(rest, |(path, _)| path));
    path.rsplit('/').next().unwrap_or(path)
}

/// As IDL spells it; defined types by their simple name, and what IDL has no word for as `optional<T>` and `map<K, V>`.
impl fmt::Display for TypeDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            TypeDesc::Boolean => "boolean",
            TypeDesc::Octet => "octet",
            TypeDesc::Int8 => "int8",
            TypeDesc::Short => "short",
            TypeDesc::Long => "long",
            TypeDesc::LongLong => "long long",
            TypeDesc::UShort => "unsigned short",
            TypeDesc::ULong => "unsigned long",
            TypeDesc::ULongLong => "unsigned long long",
            TypeDesc::Float => "float",
            TypeDesc::Double => "double",
            TypeDesc::Char => "char",
            TypeDesc::WChar => "wchar",
            TypeDesc::String { bound: None } => "string",
            TypeDesc::WString { bound: None } => "wstring",
            TypeDesc::WString { bound: Some(bound) } => return write!(f, "wstring<{bound}>"),
            TypeDesc::LongDouble => "long double",
            TypeDesc::Fixed { digits, scale } => return write!(f, "fixed<{digits}, {scale}>"),
            TypeDesc::Any => "any",
            TypeDesc::TypeCode => "TypeCode",
            TypeDesc::Null => "null",
            TypeDesc::Void => "void",
            TypeDesc::Principal => "Principal",
            TypeDesc::ValueBase => "ValueBase",
            TypeDesc::String { bound: Some(bound) } => return write!(f, "string<{bound}>"),
            TypeDesc::Sequence { element, bound: None } => return write!(f, "sequence<{element}>"),
            TypeDesc::Sequence { element, bound: Some(bound) } => {
                return write!(f, "sequence<{element}, {bound}>");
            }
            TypeDesc::Array { element, length } => return write!(f, "{element}[{length}]"),
            TypeDesc::Map { key, value } => return write!(f, "map<{key}, {value}>"),
            TypeDesc::Optional(inner) => return write!(f, "optional<{inner}>"),
            TypeDesc::Object(id) | TypeDesc::Abstract(id) | TypeDesc::Named(id) => simple_name(id),
        };
        f.write_str(word)
    }
}

/// Parameters, result and exceptions: `(n: short, m: short) -> long raises (OutOfRange)`. A parameter with `?` has a
/// default.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let direction = match parameter.direction {
                Direction::In => "",
                Direction::InOut => "inout ",
                Direction::Out => "out ",
            };
            let mark = if parameter.optional { "?" } else { "" };
            write!(f, "{separator}{direction}{}{mark}: {}", parameter.name, parameter.ty)?;
        }
        f.write_str(")")?;
        if let Some(result) = &self.result {
            write!(f, " -> {result}")?;
        }
        for (index, exception) in self.raises.iter().enumerate() {
            write!(f, "{}{exception}", if index == 0 { " raises (" } else { ", " })?;
        }
        f.write_str(if self.raises.is_empty() { "" } else { ")" })
    }
}

/// Name and signature: `set(n: short, m: short, value: long) raises (OutOfRange)`.
impl fmt::Display for OperationDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", if self.oneway { "oneway " } else { "" }, self.name, self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Parameter, Replies};

    #[test]
    fn an_operation_reads_like_idl() {
        let parameter = |name: &str, direction, ty, optional| Parameter {
            name: name.to_owned(),
            direction,
            ty,
            optional,
        };
        let sequence = TypeDesc::Sequence { element: Box::new(TypeDesc::ULong), bound: Some(4) };
        let grid = TypeDesc::Array { element: Box::new(TypeDesc::Short), length: 3 };
        let signature = Signature {
            parameters: vec![
                parameter("n", Direction::In, TypeDesc::Short, false),
                parameter("rows", Direction::InOut, sequence, false),
                parameter("row", Direction::Out, TypeDesc::Optional(Box::new(grid)), false),
                parameter("by", Direction::In, TypeDesc::String { bound: Some(8) }, true),
            ],
            result: Some(TypeDesc::Named("IDL:bank/Money:1.0".to_owned())),
            raises: vec![TypeDesc::Named("IDL:A:1.0".to_owned()), TypeDesc::Named("local".to_owned())],
        };
        let operation = OperationDesc {
            name: "set".to_owned(),
            kind: Kind::Update,
            oneway: false,
            idempotent: false,
            cancellable: false,
            deadline_ms: None,
            replies: Replies::First,
            signature,
        };
        assert_eq!(
            operation.to_string(),
            "set(n: short, inout rows: sequence<unsigned long, 4>, out row: optional<short[3]>, by?: string<8>) -> \
             Money raises (A, local)"
        );
    }

    #[test]
    fn simple_names() {
        for (id, name) in
            [("IDL:Grid:1.0", "Grid"), ("IDL:omg.org/CORBA/Object:1.0", "Object"), ("x", "x"), ("", "")]
        {
            assert_eq!(simple_name(id), name);
        }
    }
}
