//! The servant of every object of the repository.

use std::sync::Arc;

use super::answers;
use super::entry::{Entry, Item};
use super::interfaces::*;
use super::library::Library;
use super::records::DefinitionKind;
use super::reference::{Named, Ref};
use super::subject::Subject;
use crate::adapter::{Dispatch, Invocation, Servant};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::model::{Interface, TypeDesc};
use crate::runtime::Orb;
use crate::value::TypeCode;

/// An object of the repository. It lives for one call.
pub(super) struct Node {
    orb: Orb,
    /// Where the subject stands.
    pub(super) library: Arc<Library>,
    pub(super) subject: Subject,
}

impl Servant for Node {
    fn interface(&self) -> &'static Interface {
        self.interface_of(&self.subject)
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        let reply = match answers::answer(&self, &call) {
            Some(reply) => reply,
            None if self.interface().operation(call.operation()).is_some() => call.refuse(
                SystemException::new(ExceptionKind::NoImplement, Minor::UNSPECIFIED, Completion::No)
                    .because("this repository is read-only: interfaces come from the server's program"),
            ),
            None => call.unknown_operation(),
        };
        Dispatch::Done(reply)
    }
}

impl Node {
    pub(super) fn new(orb: Orb, library: Arc<Library>, subject: Subject) -> Node {
        Node { orb, library, subject }
    }

    /// The same node among the definitions of another library.
    pub(super) fn of(&self, library: &Arc<Library>) -> Node {
        Node::new(self.orb.clone(), library.clone(), self.subject.clone())
    }

    /// The definition, if it is one.
    pub(super) fn entry(&self) -> Option<&Entry> {
        match &self.subject {
            Subject::Definition(id) => self.library.entry(id),
            _ => None,
        }
    }

    /// A reference to something in the repository.
    pub(super) fn refer<I: Named>(&self, subject: &Subject) -> Ref<I> {
        Ref::to(super::refer(&self.orb, subject, self.interface_of(subject)))
    }

    /// A reference to a definition.
    pub(super) fn refer_to<I: Named>(&self, entry: &Entry) -> Ref<I> {
        self.refer(&Subject::Definition(entry.id.clone()))
    }

    /// A reference to a type.
    pub(super) fn type_def(&self, desc: &TypeDesc) -> Ref<IDLType> {
        self.refer(&Subject::of_type(desc))
    }

    /// A reference to the type of a result.
    pub(super) fn result_def(&self, result: Option<&TypeDesc>) -> Ref<IDLType> {
        self.type_def(result.unwrap_or(&TypeDesc::Void))
    }

    /// The type code of a type that is used in the library.
    pub(super) fn code(&self, desc: &TypeDesc) -> TypeCode {
        self.library.code(desc)
    }

    /// The type code of a definition that is a type, or of references to it.
    pub(super) fn code_of(&self, entry: &Entry) -> TypeCode {
        self.code(&match &entry.item {
            Item::Interface { is_abstract: true, .. } => TypeDesc::Abstract(entry.id.clone()),
            Item::Interface { .. } => TypeDesc::Object(entry.id.clone()),
            _ => TypeDesc::Named(entry.id.clone()),
        })
    }

    /// The broker's library and the repository's own, for questions by id.
    pub(super) fn repository_libraries(&self) -> [Arc<Library>; 2] {
        [self.orb.known_interfaces().library(), super::own_library()]
    }

    /// The most derived interface of an object of the repository.
    fn interface_of(&self, subject: &Subject) -> &'static Interface {
        let entry = match subject {
            Subject::Repository => return Repository::interface(),
            Subject::Type(desc) => return interface_of_type(desc),
            Subject::Definition(id) => self.library.entry(id),
        };
        match entry.map_or(DefinitionKind::None, Entry::kind) {
            DefinitionKind::Module => ModuleDef::interface(),
            DefinitionKind::Interface => InterfaceDef::interface(),
            DefinitionKind::AbstractInterface => AbstractInterfaceDef::interface(),
            DefinitionKind::Operation => OperationDef::interface(),
            DefinitionKind::Attribute => AttributeDef::interface(),
            DefinitionKind::Constant => ConstantDef::interface(),
            DefinitionKind::Struct => StructDef::interface(),
            DefinitionKind::Union => UnionDef::interface(),
            DefinitionKind::Enum => EnumDef::interface(),
            DefinitionKind::Alias => AliasDef::interface(),
            DefinitionKind::Exception => ExceptionDef::interface(),
            DefinitionKind::Value => ValueDef::interface(),
            DefinitionKind::ValueBox => ValueBoxDef::interface(),
            DefinitionKind::ValueMember => ValueMemberDef::interface(),
            DefinitionKind::Native => NativeDef::interface(),
            _ => Contained::interface(),
        }
    }
}

fn interface_of_type(desc: &TypeDesc) -> &'static Interface {
    match desc {
        TypeDesc::String { bound: Some(_) } => StringDef::interface(),
        TypeDesc::WString { bound: Some(_) } => WstringDef::interface(),
        TypeDesc::Fixed { .. } => FixedDef::interface(),
        TypeDesc::Sequence { .. } => SequenceDef::interface(),
        TypeDesc::Array { .. } => ArrayDef::interface(),
        _ => PrimitiveDef::interface(),
    }
}
