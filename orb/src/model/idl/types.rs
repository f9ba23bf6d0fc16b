//! Defined types, each before its first use.

use super::words::escaped;
use super::{NoIdl, Progress, Stop, Writer};
use crate::model::{Case, Member, StateMember, TypeDef, TypeDesc, ValueKind};
use crate::stream::STREAM_ID;
pub(super) use crate::value::ABSTRACT_BASE_ID;

/// The repository id of the interface that every object has.
pub(super) const OBJECT_ID: &str = "IDL:omg.org/CORBA/Object:1.0";

impl Writer<'_> {
    /// A type as a member, parameter or result names it. What it needs is written.
    ///
    /// `through_sequence` says that a sequence stands around it, so that a declaration is enough.
    pub(super) fn ty(&mut self, ty: &TypeDesc, through_sequence: bool) -> Result<String, Stop> {
        match ty {
            TypeDesc::Named(id) => {
                self.definition(id, through_sequence)?;
                self.absolute(id)
            }
            TypeDesc::Object(id) if id == OBJECT_ID => Ok("Object".to_owned()),
            TypeDesc::Object(id) if id == STREAM_ID => Err(NoIdl::Stream.into()),
            TypeDesc::Abstract(id) if id == ABSTRACT_BASE_ID => {
                self.needs_orb = true;
                Ok("::CORBA::AbstractBase".to_owned())
            }
            TypeDesc::Object(id) | TypeDesc::Abstract(id) => {
                self.declare_interface(id);
                self.absolute(id)
            }
            TypeDesc::Boolean
            | TypeDesc::Octet
            | TypeDesc::Short
            | TypeDesc::Long
            | TypeDesc::LongLong
            | TypeDesc::UShort
            | TypeDesc::ULong
            | TypeDesc::ULongLong
            | TypeDesc::Float
            | TypeDesc::Double
            | TypeDesc::Char
            | TypeDesc::WChar
            | TypeDesc::Any
            | TypeDesc::ValueBase
            | TypeDesc::LongDouble
            | TypeDesc::WString { bound: None }
            | TypeDesc::String { bound: None } => Ok(ty.to_string()),
            TypeDesc::TypeCode => {
                self.needs_orb = true;
                Ok("::CORBA::TypeCode".to_owned())
            }
            other => self.helper(other, through_sequence),
        }
    }

    pub(super) fn absolute(&self, id: &str) -> Result<String, Stop> {
        self.names.absolute(id).ok_or_else(|| NoIdl::Undescribed { id: id.to_owned() }.into())
    }

    /// Writes a defined type, unless it is written; declares it if it is being written and that is enough.
    pub(super) fn definition(&mut self, id: &str, through_sequence: bool) -> Result<(), Stop> {
        let description = self.description;
        let definition = description.types.get(id).ok_or_else(|| NoIdl::Undescribed { id: id.to_owned() })?;
        let inside = self.names.place(id).and_then(|place| place.inside.clone());
        match self.progress.get(id) {
            Some(Progress::Done) if self.is_in_reach(inside.as_deref()) => return Ok(()),
            Some(Progress::Done) => return Err(Stop::Nested),
            Some(Progress::Begun) if through_sequence || matches!(definition, TypeDef::Value { .. }) => {
                self.declare_type(id, definition);
                return Ok(());
            }
            Some(Progress::Begun) => return Err(NoIdl::Recursive { id: id.to_owned() }.into()),
            None => {}
        }
        if let Some(interface) = &inside
            && !self.progress.contains_key(interface)
        {
            // Writing the interface writes what stands in it, if its operations reach that.
            self.interface(interface)?;
            if self.progress.contains_key(id) {
                return Ok(());
            }
            return Err(Stop::Nested);
        }
        if inside.is_some() && !self.is_in_reach(inside.as_deref()) {
            return Err(Stop::Nested);
        }
        self.progress.insert(id.to_owned(), Progress::Begun);
        let outer = std::mem::replace(&mut self.around, inside.clone());
        let written = self.lines_of(id, definition);
        self.around = outer;
        let lines = written?;
        self.progress.insert(id.to_owned(), Progress::Done);
        self.put(id, lines);
        Ok(())
    }

    /// Whether what stands in an interface can be named from where the writer is: it is written, or it is around.
    fn is_in_reach(&self, inside: Option<&str>) -> bool {
        let Some(interface) = inside else { return true };
        self.progress.get(interface) == Some(&Progress::Done) || self.around.as_deref() == Some(interface)
    }

    fn lines_of(&mut self, id: &str, definition: &TypeDef) -> Result<Vec<String>, Stop> {
        let name = self.ident(id)?;
        let mut lines = match definition {
            TypeDef::Struct { members, .. } => self.members(&format!("struct {name} {{"), members)?,
            TypeDef::Exception { members, .. } => self.members(&format!("exception {name} {{"), members)?,
            TypeDef::Enum { enumerators, .. } => {
                let names: Vec<String> = enumerators.iter().map(|name| escaped(name)).collect();
                vec![format!("enum {name} {{ {} }};", names.join(", "))]
            }
            TypeDef::Union { discriminator, cases, .. } => self.union(id, &name, discriminator, cases)?,
            TypeDef::ValueBox { ty, .. } => vec![format!("valuetype {name} {};", self.ty(ty, false)?)],
            TypeDef::Value { kind, base, members, .. } => self.value(&name, *kind, base.as_ref(), members)?,
            _ => return Err(NoIdl::Unsupported { id: id.to_owned() }.into()),
        };
        if !self.declared.contains(id) {
            lines.extend(self.given_id(id));
        }
        lines.extend(self.given_name(id));
        if let TypeDef::Union { discriminator, cases, .. } = definition
            && !is_over_names(discriminator, id)
        {
            let cases = cases.iter().enumerate().filter(|(_, case)| case.ty.is_none());
            lines.extend(cases.map(|(place, case)| {
                let labels = case.labels.join(",");
                format!("#pragma quorb {name} nothing(\"{place} {} {labels}\")", case.name)
            }));
        }
        if let TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } = definition {
            lines.extend(members.iter().filter_map(|member| remark_on(&name, member)));
        }
        Ok(lines)
    }

    fn members(&mut self, head: &str, members: &[Member]) -> Result<Vec<String>, Stop> {
        let mut lines = vec![head.to_owned()];
        for member in members {
            lines.push(format!("  {} {};", self.ty(&member.ty, false)?, escaped(&member.name)));
        }
        lines.push("};".to_owned());
        Ok(lines)
    }

    fn value(
        &mut self,
        name: &str,
        kind: ValueKind,
        base: Option<&TypeDesc>,
        members: &[StateMember],
    ) -> Result<Vec<String>, Stop> {
        let (word, cut) = match kind {
            ValueKind::Plain => ("valuetype", ""),
            ValueKind::Custom => ("custom valuetype", ""),
            ValueKind::Abstract => ("abstract valuetype", ""),
            ValueKind::Truncatable => ("valuetype", "truncatable "),
        };
        let base = match base {
            Some(base) => format!(" : {cut}{}", self.ty(base, false)?),
            None => String::new(),
        };
        let mut lines = vec![format!("{word} {name}{base} {{")];
        for member in members {
            let access = if member.public { "public" } else { "private" };
            lines.push(format!("  {access} {} {};", self.ty(&member.ty, false)?, escaped(&member.name)));
        }
        lines.push("};".to_owned());
        Ok(lines)
    }

    fn union(
        &mut self,
        id: &str,
        name: &str,
        discriminator: &TypeDesc,
        cases: &[Case],
    ) -> Result<Vec<String>, Stop> {
        let mut lines = vec![format!("union {name} switch ({}) {{", self.ty(discriminator, false)?)];
        for case in cases {
            // A label without a value is one that no case has.
            let Some(ty) = &case.ty else { continue };
            let labels: Vec<String> = case
                .labels
                .iter()
                .map(|label| Ok(format!("case {}:", self.label(discriminator, label)?)))
                .collect::<Result<_, Stop>>()?;
            let labels = if labels.is_empty() { "default:".to_owned() } else { labels.join(" ") };
            lines.push(format!("  {labels} {} {};", self.ty(ty, false)?, escaped(&case.name)));
        }
        if lines.len() == 1 {
            return Err(NoIdl::NoCases { id: id.to_owned() }.into());
        }
        lines.push("};".to_owned());
        Ok(lines)
    }

    fn label(&self, discriminator: &TypeDesc, label: &str) -> Result<String, Stop> {
        Ok(match discriminator {
            TypeDesc::Boolean => label.to_ascii_uppercase(),
            TypeDesc::WChar => format!("L{label}"),
            TypeDesc::Named(of) => {
                let place = self.names.place(of).ok_or_else(|| NoIdl::Undescribed { id: of.clone() })?;
                let scope = self.names.scope(place).unwrap_or_default();
                format!("{scope}::{}", escaped(label))
            }
            _ => label.to_owned(),
        })
    }

    /// `struct S;`, once.
    fn declare_type(&mut self, id: &str, definition: &TypeDef) {
        let word = match definition {
            TypeDef::Struct { .. } => "struct",
            TypeDef::Union { .. } => "union",
            TypeDef::Value { kind: ValueKind::Abstract, .. } => "abstract valuetype",
            TypeDef::Value { .. } => "valuetype",
            _ => return,
        };
        if self.declared.insert(id.to_owned())
            && let Ok(name) = self.ident(id)
        {
            let mut lines = vec![format!("{word} {name};")];
            lines.extend(self.given_id(id));
            self.put(id, lines);
        }
    }

    /// Puts lines where a definition stands.
    pub(super) fn put(&mut self, id: &str, lines: Vec<String>) {
        let Some(place) = self.names.place(id) else { return };
        match &place.inside {
            Some(interface) => self.bodies.entry(interface.clone()).or_default().extend(lines),
            None => self.layout.add(&place.modules, lines),
        }
    }

    /// What a definition is called, as it is written.
    pub(super) fn ident(&self, id: &str) -> Result<String, Stop> {
        let place = self.names.place(id).ok_or_else(|| NoIdl::Undescribed { id: id.to_owned() })?;
        Ok(escaped(&place.ident))
    }

    /// `#pragma ID`, where the id does not follow from the name.
    pub(super) fn given_id(&self, id: &str) -> Option<String> {
        let place = self.names.place(id).filter(|place| place.given_id)?;
        Some(format!("#pragma ID {} \"{id}\"", escaped(&place.ident)))
    }

    /// The name, where the definition is called something else.
    pub(super) fn given_name(&self, id: &str) -> Option<String> {
        let place = self.names.place(id).filter(|place| place.renamed)?;
        let name = match (self.description.types.get(id), self.interfaces.get(id)) {
            (Some(definition), _) => definition.name(),
            (None, Some(interface)) => interface.name,
            (None, None) => return None,
        };
        Some(format!("#pragma quorb {} name(\"{name}\")", escaped(&place.ident)))
    }
}

/// The id of the enum that is generated for a union over its own names.
fn own_switch(union: &str) -> String {
    match union.rsplit_once(':') {
        Some((name, version)) => format!("{name}Switch:{version}"),
        None => format!("{union}Switch"),
    }
}

fn is_over_names(discriminator: &TypeDesc, union: &str) -> bool {
    matches!(discriminator, TypeDesc::Named(of) if *of == own_switch(union))
}

/// What IDL cannot say of a member.
fn remark_on(owner: &str, member: &Member) -> Option<String> {
    let index = member.index.map(|index| format!(" id({index})")).unwrap_or_default();
    let is_optional = member.optional && !matches!(member.ty, TypeDesc::Optional(_));
    let default = if is_optional { " default" } else { "" };
    let remark = format!("#pragma quorb {owner}::{}{index}{default}", escaped(&member.name));
    (member.index.is_some() || is_optional).then_some(remark)
}
