//! Definitions for types that IDL lets nobody use without a name, and for those it has no word for.

use super::{NoIdl, Stop, Writer};
use crate::model::{TypeDesc, idl_names};

impl Writer<'_> {
    /// The name of the definition for a type; it is written with the first use.
    pub(super) fn helper(&mut self, ty: &TypeDesc, through_sequence: bool) -> Result<String, Stop> {
        if let Some((name, _)) = self.helpers.iter().find(|(_, known)| *known == ty) {
            return Ok(format!("::{name}"));
        }
        let word = match ty {
            TypeDesc::Int8 => "Int8".to_owned(),
            other => idl_names::word(other),
        };
        let lines = match ty {
            TypeDesc::Int8 => vec!["typedef octet NAME;".to_owned(), "#pragma quorb NAME int8".to_owned()],
            TypeDesc::String { .. } | TypeDesc::WString { .. } | TypeDesc::Fixed { .. } => {
                vec![format!("typedef {ty} NAME;")]
            }
            TypeDesc::Sequence { element, bound } => {
                let element = self.ty(element, true)?;
                let bound = bound.map(|bound| format!(", {bound}")).unwrap_or_default();
                vec![format!("typedef sequence<{element}{bound}> NAME;")]
            }
            TypeDesc::Array { element, length } => {
                let element = self.ty(element, through_sequence)?;
                vec![format!("typedef {element} NAME[{length}];")]
            }
            TypeDesc::Optional(inner) => {
                let inner = self.ty(inner, false)?;
                vec![
                    "union NAME switch (boolean) {".to_owned(),
                    format!("  case TRUE: {inner} value;"),
                    "};".to_owned(),
                    "#pragma quorb NAME optional".to_owned(),
                ]
            }
            TypeDesc::Map { key, value } => {
                // The value may hold the map again.
                let (key_text, value_text) = (self.ty(key, false)?, self.ty(value, false)?);
                let entry = self.names.helper(&idl_names::of_entry(key, value));
                self.helper_lines(vec![
                    format!("struct {entry} {{"),
                    format!("  {key_text} key;"),
                    format!("  {value_text} value;"),
                    "};".to_owned(),
                ]);
                vec![format!("typedef sequence<::{entry}> NAME;"), "#pragma quorb NAME map".to_owned()]
            }
            other => return Err(NoIdl::Unsupported { id: other.to_string() }.into()),
        };
        let name = self.names.helper(&word);
        self.helper_lines(lines.into_iter().map(|line| line.replace("NAME", &name)).collect());
        self.helpers.insert(name.clone(), ty.clone());
        Ok(format!("::{name}"))
    }

    fn helper_lines(&mut self, lines: Vec<String>) {
        self.layout.add(&[], lines);
    }
}
