//! Types as values: `TypeCode` (CORBA 3.3 Part 1, 8.11; on the wire Part 2, 9.3.5.1).
//!
//! A type code is a use of a type and the definitions that it reaches, by repository id: the same data that describes an
//! interface. So a recursive type needs no cycle in memory, every part of a type code is a whole type code, and what reads
//! and writes dynamic values reads and writes those of any type code.

mod compare;
mod form;
mod kind;
mod labels;
mod lower;
mod read;
mod write;

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use kind::TcKind;
pub(crate) use labels::{label_text, label_value};

use super::IdlType;
use super::dynamic::Types;
use crate::model::{TypeCatalogue, TypeDef, TypeDesc};

/// How many types one type code that arrives may consist of.
pub const TYPECODE_TYPES_MAX: usize = 1 << 16;

/// A type as a value. Cheap to clone: the definitions are shared.
///
/// Equality (`==`) is that of the types and of all that they reach, names included; [`is_equivalent`](Self::is_equivalent)
/// is what decides whether a value of one type may be taken for a value of another.
#[derive(Clone)]
pub struct TypeCode {
    desc: TypeDesc,
    definitions: Arc<BTreeMap<String, TypeDef>>,
}

impl TypeCode {
    /// The type of an empty `any`.
    pub fn null() -> TypeCode {
        TypeCode::simple(TypeDesc::Null)
    }

    /// The type code of a Rust type. Computed once for every type.
    pub fn of<T: IdlType>() -> TypeCode {
        static KNOWN: OnceLock<RwLock<BTreeMap<TypeId, TypeCode>>> = OnceLock::new();
        let known = KNOWN.get_or_init(RwLock::default);
        let id = TypeId::of::<T>();
        if let Some(found) = known.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return found.clone();
        }
        let mut catalogue = TypeCatalogue::new();
        let desc = T::describe(&mut catalogue);
        let code = TypeCode { desc, definitions: Arc::new(catalogue.into_definitions()) };
        known.write().unwrap_or_else(PoisonError::into_inner).insert(id, code.clone());
        code
    }

    /// The type code of a described type.
    ///
    /// # Errors
    /// A named type that it reaches has no definition, or one of another kind than its use needs.
    pub fn new(
        desc: TypeDesc,
        definitions: impl Into<Arc<BTreeMap<String, TypeDef>>>,
    ) -> Result<TypeCode, TypeCodeError> {
        let code = TypeCode { desc, definitions: definitions.into() };
        code.check()?;
        Ok(code)
    }

    /// The type code of a type that needs no definitions.
    pub(crate) fn simple(desc: TypeDesc) -> TypeCode {
        static NOTHING: OnceLock<Arc<BTreeMap<String, TypeDef>>> = OnceLock::new();
        TypeCode { desc, definitions: Arc::clone(NOTHING.get_or_init(Arc::default)) }
    }

    /// The type code of a type whose definitions others share.
    pub(crate) fn shared(desc: TypeDesc, definitions: Arc<BTreeMap<String, TypeDef>>) -> TypeCode {
        TypeCode { desc, definitions }
    }

    pub(crate) fn unchecked(desc: TypeDesc, definitions: BTreeMap<String, TypeDef>) -> TypeCode {
        if definitions.is_empty() {
            TypeCode::simple(desc)
        } else {
            TypeCode { desc, definitions: Arc::new(definitions) }
        }
    }

    /// The type as it is used.
    pub fn desc(&self) -> &TypeDesc {
        &self.desc
    }

    /// The definitions that the type reaches; there may be others among them.
    pub fn types(&self) -> Types<'_> {
        Types::new(&self.definitions)
    }

    /// The definition of the type itself, if it has a name.
    pub fn definition(&self) -> Option<&TypeDef> {
        match &self.desc {
            TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => self.definitions.get(id),
            _ => None,
        }
    }

    /// The type code of a part of this one: a member, an element, the content.
    pub fn part(&self, desc: &TypeDesc) -> TypeCode {
        TypeCode { desc: desc.clone(), definitions: Arc::clone(&self.definitions) }
    }

    /// The type behind all aliases.
    pub fn unaliased(&self) -> TypeCode {
        self.part(self.types().resolve(&self.desc).map_or(&self.desc, |(desc, _)| desc))
    }

    /// The repository id of a type that has one.
    pub fn id(&self) -> Option<&str> {
        match &self.desc {
            TypeDesc::Named(id) | TypeDesc::Object(id) | TypeDesc::Abstract(id) => Some(id),
            TypeDesc::ValueBase => Some(VALUE_BASE_ID),
            _ => None,
        }
    }

    /// The simple name of a type that has one.
    pub fn name(&self) -> Option<&str> {
        let id = self.id()?;
        Some(self.definition().map_or_else(|| crate::model::simple_name(id), TypeDef::name))
    }

    /// What kind of type it is.
    pub fn kind(&self) -> TcKind {
        kind::kind_of(&self.desc, &self.definitions)
    }

    /// Whether a value of one of the types is a value of the other: aliases are seen through, and defined types are those
    /// with the same repository id (CORBA 3.3 Part 1, 8.11.1). What IDL has no word for is taken for what it is in IDL.
    pub fn is_equivalent(&self, other: &TypeCode) -> bool {
        compare::equivalent(self, other)
    }

    /// The same type in words of IDL, with the definitions that it reaches and no others.
    pub(crate) fn in_words_of_idl(&self) -> TypeCode {
        lower::lowered(self)
    }

    /// The definitions, shared with whoever has the same.
    pub(crate) fn definitions(&self) -> &Arc<BTreeMap<String, TypeDef>> {
        &self.definitions
    }

    /// Whether values of the type may be, or hold, values of value types.
    pub(crate) fn holds_values(&self) -> bool {
        let is_value = |desc: &TypeDesc| matches!(desc, TypeDesc::ValueBase | TypeDesc::Abstract(_));
        let defines = |definition: &TypeDef| {
            matches!(definition, TypeDef::Value { .. } | TypeDef::ValueBox { .. })
                || parts_of(definition).into_iter().any(is_value)
        };
        is_value(&self.desc)
            || elements_of(&self.desc).into_iter().any(is_value)
            || self.definitions.values().any(defines)
    }

    /// Checks that every named type is defined, and by a definition that fits.
    fn check(&self) -> Result<(), TypeCodeError> {
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![&self.desc];
        while let Some(desc) = open.pop() {
            match desc {
                TypeDesc::Named(id) if seen.insert(id) => {
                    let definition =
                        self.definitions.get(id).ok_or_else(|| TypeCodeError::Undefined(id.clone()))?;
                    let is_type = !matches!(definition, TypeDef::Interface { .. });
                    // Aliases that only lead to each other are no type, bases that do have no end.
                    if !is_type || self.types().resolve(desc).is_err() || self.types().lineage(id).is_err() {
                        return Err(TypeCodeError::Undefined(id.clone()));
                    }
                    open.extend(parts_of(definition));
                }
                desc => open.extend(elements_of(desc)),
            }
        }
        Ok(())
    }
}

/// The repository id of the base of all value types.
pub(crate) const VALUE_BASE_ID: &str = "IDL:omg.org/CORBA/ValueBase:1.0";

/// Why a type code is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypeCodeError {
    /// A type is named and not defined.
    #[error("type `{0}` is not defined")]
    Undefined(String),
    /// Two types that differ have the same repository id.
    #[error("type `{0}` is defined in two ways")]
    Conflict(String),
}

/// The types that a type is made of without a name in between.
pub(crate) fn elements_of(desc: &TypeDesc) -> Vec<&TypeDesc> {
    match desc {
        TypeDesc::Sequence { element, .. }
        | TypeDesc::Array { element, .. }
        | TypeDesc::Optional(element) => {
            vec![element]
        }
        TypeDesc::Map { key, value } => vec![key, value],
        _ => Vec::new(),
    }
}

/// The types that a definition is made of, the base of a value type among them.
pub(crate) fn parts_of(definition: &TypeDef) -> Vec<&TypeDesc> {
    match definition {
        TypeDef::Struct { members, .. } | TypeDef::Exception { members, .. } => {
            members.iter().map(|member| &member.ty).collect()
        }
        TypeDef::Union { discriminator, cases, .. } => {
            std::iter::once(discriminator).chain(cases.iter().filter_map(|case| case.ty.as_ref())).collect()
        }
        TypeDef::Alias { ty, .. } | TypeDef::ValueBox { ty, .. } => vec![ty],
        TypeDef::Value { base, members, .. } => {
            base.iter().chain(members.iter().map(|member| &member.ty)).collect()
        }
        TypeDef::Enum { .. } | TypeDef::Interface { .. } | TypeDef::Opaque { .. } => Vec::new(),
    }
}

impl PartialEq for TypeCode {
    fn eq(&self, other: &Self) -> bool {
        compare::equal(self, other)
    }
}

impl Eq for TypeCode {}

/// In the notation of IDL, defined types by their simple name.
impl fmt::Display for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.definition() {
            Some(definition) => f.write_str(definition.name()),
            None => self.desc.fmt(f),
        }
    }
}

impl fmt::Debug for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id() {
            Some(id) => write!(f, "TypeCode({self}, {id:?})"),
            None => write!(f, "TypeCode({self})"),
        }
    }
}
