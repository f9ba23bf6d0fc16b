//! Documentation of what is generated: what stands in the IDL.

use quorb_idl::model::{Direction, Literal, Operation, Type};

use crate::Mapper;

impl Mapper<'_> {
    /// A type as IDL writes it; the dimensions of an array stand behind it.
    pub(crate) fn type_text(&self, ty: &Type) -> String {
        let bound = |bound: &Option<u32>| bound.map_or(String::new(), |bound| format!("<{bound}>"));
        match ty {
            Type::Primitive(primitive) => primitive.as_str().trim_start_matches("::").to_owned(),
            Type::String(length) => format!("string{}", bound(length)),
            Type::WString(length) => format!("wstring{}", bound(length)),
            Type::Fixed { digits, scale } => format!("fixed<{digits}, {scale}>"),
            Type::Sequence(element, None) => format!("sequence<{}>", self.type_text(element)),
            Type::Sequence(element, Some(bound)) => format!("sequence<{}, {bound}>", self.type_text(element)),
            Type::Array(element, dimensions) => {
                let dimensions: String = dimensions.iter().map(|length| format!("[{length}]")).collect();
                format!("{}{dimensions}", self.type_text(element))
            }
            Type::Named(id) => self.scoped(*id),
        }
    }

    /// An operation as IDL declares it.
    pub(crate) fn operation_text(&self, name: &str, operation: &Operation) -> String {
        let parameters: Vec<String> = operation
            .parameters
            .iter()
            .map(|parameter| {
                let direction = match parameter.direction {
                    Direction::In => "in",
                    Direction::Out => "out",
                    Direction::InOut => "inout",
                };
                format!("{direction} {} {}", self.type_text(&parameter.ty), parameter.name)
            })
            .collect();
        let oneway = if operation.oneway { "oneway " } else { "" };
        let returns = operation.returns.as_ref().map_or("void".to_owned(), |ty| self.type_text(ty));
        let raises: Vec<String> = operation.raises.iter().map(|id| self.scoped(*id)).collect();
        let raises =
            if raises.is_empty() { String::new() } else { format!(" raises ({})", raises.join(", ")) };
        format!("{oneway}{returns} {name}({}){raises}", parameters.join(", "))
    }

    /// A label of a union as IDL writes it.
    pub(crate) fn label_text(&self, label: &Literal) -> String {
        match label {
            Literal::Enumerator(id) => self.model.definition(*id).name.to_string(),
            Literal::Integer(number) => number.to_string(),
            Literal::Boolean(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
            Literal::Char(character) | Literal::WChar(character) => format!("{character:?}"),
            other => format!("{other:?}"),
        }
    }
}
