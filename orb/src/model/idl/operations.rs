//! Operations and attributes, and what of their behaviour IDL cannot say.

use super::words::escaped;
use super::{Stop, Writer};
use crate::model::{Direction, Kind, OperationDesc, Replies, TypeDesc};

impl Writer<'_> {
    /// The lines for the operations of an interface, and the remarks that stand behind it.
    pub(super) fn operations(
        &mut self,
        id: &str,
        operations: &[OperationDesc],
    ) -> Result<(Vec<String>, Vec<String>), Stop> {
        let owner = self.ident(id)?;
        let (mut lines, mut remarks) = (Vec::new(), Vec::new());
        for operation in operations {
            if let Some(name) = operation.name.strip_prefix("_get_") {
                let setter_name = format!("_set_{name}");
                let setter = operations.iter().find(|other| other.name == setter_name);
                lines.extend(self.attribute(name, operation, setter)?);
                remarks.extend(remark_on_attribute(&owner, name, operation, setter));
            } else if !operation.name.starts_with("_set_") {
                lines.push(self.operation(operation)?);
                remarks.extend(remark_on_operation(&owner, operation));
                remarks.extend(remarks_on_parameters(&owner, operation));
            }
        }
        Ok((lines, remarks))
    }

    fn operation(&mut self, operation: &OperationDesc) -> Result<String, Stop> {
        let signature = &operation.signature;
        let mut parameters = Vec::new();
        for parameter in &signature.parameters {
            let direction = match parameter.direction {
                Direction::In => "in",
                Direction::InOut => "inout",
                Direction::Out => "out",
            };
            let ty = self.ty(&parameter.ty, false)?;
            parameters.push(format!("{direction} {ty} {}", escaped(&parameter.name)));
        }
        let result = match &signature.result {
            None => "void".to_owned(),
            Some(ty) => self.ty(ty, false)?,
        };
        let raises = self.exceptions("raises", &signature.raises)?;
        let oneway = if operation.oneway { "oneway " } else { "" };
        Ok(format!("{oneway}{result} {}({}){raises};", escaped(&operation.name), parameters.join(", ")))
    }

    fn attribute(
        &mut self,
        name: &str,
        getter: &OperationDesc,
        setter: Option<&OperationDesc>,
    ) -> Result<Vec<String>, Stop> {
        let ty = match &getter.signature.result {
            Some(ty) => self.ty(ty, false)?,
            None => "boolean".to_owned(),
        };
        let name = escaped(name);
        let (readonly, raises) = match setter {
            None => ("readonly ", self.exceptions("raises", &getter.signature.raises)?),
            Some(setter) => {
                let get = self.exceptions("getraises", &getter.signature.raises)?;
                ("", get + &self.exceptions("setraises", &setter.signature.raises)?)
            }
        };
        let plain = format!("{readonly}attribute {ty} {name}");
        if raises.is_empty() {
            return Ok(vec![format!("{plain};")]);
        }
        // omniidl 4 knows no exceptions of attributes.
        let (without, with) = (format!("{plain};"), format!("{plain}{raises};"));
        Ok(vec![
            "#if defined(__OMNIIDL__) && !defined(__QUORB_IDL__)".to_owned(),
            without,
            "#else".to_owned(),
            with,
            "#endif".to_owned(),
        ])
    }

    fn exceptions(&mut self, word: &str, raises: &[TypeDesc]) -> Result<String, Stop> {
        if raises.is_empty() {
            return Ok(String::new());
        }
        let names: Vec<String> = raises.iter().map(|ty| self.ty(ty, false)).collect::<Result<_, Stop>>()?;
        Ok(format!(" {word} ({})", names.join(", ")))
    }
}

fn remark_on_operation(owner: &str, operation: &OperationDesc) -> Option<String> {
    let mut words = Vec::new();
    match operation.kind {
        Kind::Query => words.push("query".to_owned()),
        Kind::Update => words.push("exclusive".to_owned()),
        Kind::ConcurrentUpdate => {}
    }
    words.extend(behaviour(operation));
    let name = escaped(&operation.name);
    (!words.is_empty()).then(|| format!("#pragma quorb {owner}::{name} {}", words.join(" ")))
}

fn remark_on_attribute(
    owner: &str,
    name: &str,
    getter: &OperationDesc,
    setter: Option<&OperationDesc>,
) -> Option<String> {
    let mut words = Vec::new();
    if setter.is_some_and(|setter| setter.kind == Kind::Update) {
        words.push("exclusive".to_owned());
    }
    words.extend(behaviour(getter));
    (!words.is_empty()).then(|| format!("#pragma quorb {owner}::{} {}", escaped(name), words.join(" ")))
}

fn behaviour(operation: &OperationDesc) -> Vec<String> {
    let mut words = Vec::new();
    if operation.idempotent {
        words.push("idempotent".to_owned());
    }
    if operation.cancellable {
        words.push("cancellable".to_owned());
    }
    if let Some(limit) = operation.deadline_ms {
        words.push(format!("deadline(\"{limit}ms\")"));
    }
    if operation.replies != Replies::First {
        words.push(format!("reply({})", operation.replies));
    }
    words
}

fn remarks_on_parameters(owner: &str, operation: &OperationDesc) -> Vec<String> {
    let parameters = operation.signature.parameters.iter().filter(|parameter| parameter.optional);
    let name = escaped(&operation.name);
    parameters
        .map(|parameter| format!("#pragma quorb {owner}::{name}::{} default", escaped(&parameter.name)))
        .collect()
}
