//! The repository's own interfaces, whole: what is answered, and what would write and is refused.
//!
//! They are a table, and no traits of `#[interface]`: proxies and skeletons of twenty-six interfaces would double what the
//! broker takes to build, and one servant answers for all of them.

use super::records::*;
use super::reference::{Named, Ref};
use crate::model::{
    Behaviour, Direction, Interface, Kind, Operation, Parameter, Replies, Signature, TypeCatalogue, TypeDesc,
};
use crate::value::{Any, IdlType, TypeCode};

const READS: Behaviour = Behaviour {
    kind: Kind::Query,
    oneway: false,
    idempotent: false,
    cancellable: false,
    deadline: None,
    replies: Replies::First,
};
const WRITES: Behaviour = Behaviour { kind: Kind::ConcurrentUpdate, ..READS };

/// A type as a description has it.
type Describe = fn(&mut TypeCatalogue) -> TypeDesc;

fn signature(
    types: &mut TypeCatalogue,
    parameters: &[(&str, Describe)],
    result: Option<Describe>,
) -> Signature {
    let parameters = parameters.iter().map(|(name, describe)| Parameter {
        // As the macro has it: `type` is a word of Rust.
        name: name.trim_start_matches("r#").to_owned(),
        direction: Direction::In,
        ty: describe(types),
        optional: false,
    });
    let parameters = parameters.collect();
    Signature { parameters, result: result.map(|describe| describe(types)), raises: Vec::new() }
}

/// Generates the operations of an interface: `get` a readonly attribute, `attribute` another one, `read` an operation that
/// is answered, `write` one that is refused.
macro_rules! operations {
    (@ [$($done:expr,)*]) => { &[$($done),*] };
    (@ [$($done:expr,)*] get $name:literal: $ty:ty; $($rest:tt)*) => {
        operations!(@ [$($done,)* operations!(getter $name, $ty),] $($rest)*)
    };
    (@ [$($done:expr,)*] attribute $name:literal: $ty:ty; $($rest:tt)*) => {
        operations!(@ [$($done,)* operations!(getter $name, $ty), Operation {
            name: concat!("_set_", $name),
            behaviour: WRITES,
            signature: |types| signature(types, &[("value", <$ty as IdlType>::describe)], None),
        },] $($rest)*)
    };
    (@ [$($done:expr,)*] read $name:literal($($parameter:ident: $of:ty),*) $(-> $result:ty)?; $($rest:tt)*) => {
        operations!(@ [$($done,)* operations!(of $name, READS, ($($parameter: $of),*) $(-> $result)?),] $($rest)*)
    };
    (@ [$($done:expr,)*] write $name:literal($($parameter:ident: $of:ty),*) $(-> $result:ty)?; $($rest:tt)*) => {
        operations!(@ [$($done,)* operations!(of $name, WRITES, ($($parameter: $of),*) $(-> $result)?),] $($rest)*)
    };
    (getter $name:literal, $ty:ty) => {
        Operation {
            name: concat!("_get_", $name),
            behaviour: READS,
            signature: |types| signature(types, &[], Some(<$ty as IdlType>::describe)),
        }
    };
    (of $name:literal, $behaviour:ident, ($($parameter:ident: $of:ty),*) $(-> $result:ty)?) => {
        Operation {
            name: $name,
            behaviour: $behaviour,
            signature: |types| {
                let result: Option<Describe> = operations!(result $($result)?);
                signature(types, &[$((stringify!($parameter), <$of as IdlType>::describe)),*], result)
            },
        }
    };
    (result) => { None };
    (result $result:ty) => { Some(<$result as IdlType>::describe) };
}

/// Generates the interfaces, each as a type that names it.
macro_rules! interfaces {
    ($($name:ident: [$($base:ident),*] { $($operations:tt)* })*) => {
        $(
            pub(super) enum $name {}

            impl Named for $name {
                fn interface() -> &'static Interface {
                    static INTERFACE: Interface = Interface::new(
                        concat!("IDL:omg.org/CORBA/", stringify!($name), ":1.0"),
                        stringify!($name),
                        &[$(<$base as Named>::interface),*],
                        operations!(@ [] $($operations)*),
                    );
                    &INTERFACE
                }
            }
        )*

        /// All of them.
        pub(super) fn all() -> impl Iterator<Item = &'static Interface> {
            [$(<$name as Named>::interface()),*].into_iter()
        }
    };
}

interfaces! {
    IRObject: [] {
        get "def_kind": DefinitionKind;
        write "destroy"();
    }
    Contained: [IRObject] {
        attribute "id": String;
        attribute "name": String;
        attribute "version": String;
        get "defined_in": Ref<Container>;
        get "absolute_name": String;
        get "containing_repository": Ref<Repository>;
        read "describe"() -> ContainedDescription;
        write "move"(new_container: Ref<Container>, new_name: String, new_version: String);
    }
    Container: [IRObject] {
        read "lookup"(search_name: String) -> Ref<Contained>;
        read "contents"(limit_type: DefinitionKind, exclude_inherited: bool) -> Vec<Ref<Contained>>;
        read "lookup_name"(search_name: String, levels_to_search: i32, limit_type: DefinitionKind,
            exclude_inherited: bool) -> Vec<Ref<Contained>>;
        read "describe_contents"(limit_type: DefinitionKind, exclude_inherited: bool,
            max_returned_objs: i32) -> Vec<ContainerDescription>;
        write "create_module"(id: String, name: String, version: String) -> Ref<ModuleDef>;
        write "create_constant"(id: String, name: String, version: String, r#type: Ref<IDLType>,
            value: Any) -> Ref<ConstantDef>;
        write "create_struct"(id: String, name: String, version: String,
            members: Vec<StructMember>) -> Ref<StructDef>;
        write "create_union"(id: String, name: String, version: String, discriminator_type: Ref<IDLType>,
            members: Vec<UnionMember>) -> Ref<UnionDef>;
        write "create_enum"(id: String, name: String, version: String, members: Vec<String>) -> Ref<EnumDef>;
        write "create_alias"(id: String, name: String, version: String,
            original_type: Ref<IDLType>) -> Ref<AliasDef>;
        write "create_interface"(id: String, name: String, version: String,
            base_interfaces: Vec<Ref<InterfaceDef>>) -> Ref<InterfaceDef>;
        write "create_value"(id: String, name: String, version: String, is_custom: bool, is_abstract: bool,
            base_value: Ref<ValueDef>, is_truncatable: bool, abstract_base_values: Vec<Ref<ValueDef>>,
            supported_interfaces: Vec<Ref<InterfaceDef>>, initializers: Vec<Initializer>) -> Ref<ValueDef>;
        write "create_value_box"(id: String, name: String, version: String,
            original_type_def: Ref<IDLType>) -> Ref<ValueBoxDef>;
        write "create_exception"(id: String, name: String, version: String,
            members: Vec<StructMember>) -> Ref<ExceptionDef>;
        write "create_native"(id: String, name: String, version: String) -> Ref<NativeDef>;
        write "create_abstract_interface"(id: String, name: String, version: String,
            base_interfaces: Vec<Ref<AbstractInterfaceDef>>) -> Ref<AbstractInterfaceDef>;
    }
    IDLType: [IRObject] {
        get "type": TypeCode;
    }
    Repository: [Container] {
        read "lookup_id"(search_id: String) -> Ref<Contained>;
        read "get_canonical_typecode"(tc: TypeCode) -> TypeCode;
        read "get_primitive"(kind: PrimitiveKind) -> Ref<PrimitiveDef>;
        write "create_string"(bound: u32) -> Ref<StringDef>;
        write "create_wstring"(bound: u32) -> Ref<WstringDef>;
        write "create_sequence"(bound: u32, element_type: Ref<IDLType>) -> Ref<SequenceDef>;
        write "create_array"(length: u32, element_type: Ref<IDLType>) -> Ref<ArrayDef>;
        write "create_fixed"(digits: u16, scale: i16) -> Ref<FixedDef>;
    }
    ModuleDef: [Container, Contained] {}
    ConstantDef: [Contained] {
        get "type": TypeCode;
        attribute "type_def": Ref<IDLType>;
        attribute "value": Any;
    }
    TypedefDef: [Contained, IDLType] {}
    StructDef: [TypedefDef, Container] {
        attribute "members": Vec<StructMember>;
    }
    UnionDef: [TypedefDef, Container] {
        get "discriminator_type": TypeCode;
        attribute "discriminator_type_def": Ref<IDLType>;
        attribute "members": Vec<UnionMember>;
    }
    EnumDef: [TypedefDef] {
        attribute "members": Vec<String>;
    }
    AliasDef: [TypedefDef] {
        attribute "original_type_def": Ref<IDLType>;
    }
    NativeDef: [TypedefDef] {}
    PrimitiveDef: [IDLType] {
        get "kind": PrimitiveKind;
    }
    StringDef: [IDLType] {
        attribute "bound": u32;
    }
    WstringDef: [IDLType] {
        attribute "bound": u32;
    }
    FixedDef: [IDLType] {
        attribute "digits": u16;
        attribute "scale": i16;
    }
    SequenceDef: [IDLType] {
        attribute "bound": u32;
        get "element_type": TypeCode;
        attribute "element_type_def": Ref<IDLType>;
    }
    ArrayDef: [IDLType] {
        attribute "length": u32;
        get "element_type": TypeCode;
        attribute "element_type_def": Ref<IDLType>;
    }
    ExceptionDef: [Contained, Container] {
        get "type": TypeCode;
        attribute "members": Vec<StructMember>;
    }
    AttributeDef: [Contained] {
        get "type": TypeCode;
        attribute "type_def": Ref<IDLType>;
        attribute "mode": AttributeMode;
    }
    OperationDef: [Contained] {
        get "result": TypeCode;
        attribute "result_def": Ref<IDLType>;
        attribute "params": Vec<ParameterDescription>;
        attribute "mode": OperationMode;
        attribute "contexts": Vec<String>;
        attribute "exceptions": Vec<Ref<ExceptionDef>>;
    }
    InterfaceDef: [Container, Contained, IDLType] {
        attribute "base_interfaces": Vec<Ref<InterfaceDef>>;
        read "is_a"(interface_id: String) -> bool;
        read "describe_interface"() -> FullInterfaceDescription;
        write "create_attribute"(id: String, name: String, version: String, r#type: Ref<IDLType>,
            mode: AttributeMode) -> Ref<AttributeDef>;
        write "create_operation"(id: String, name: String, version: String, result: Ref<IDLType>,
            mode: OperationMode, params: Vec<ParameterDescription>, exceptions: Vec<Ref<ExceptionDef>>,
            contexts: Vec<String>) -> Ref<OperationDef>;
    }
    ValueMemberDef: [Contained] {
        get "type": TypeCode;
        attribute "type_def": Ref<IDLType>;
        attribute "access": i16;
    }
    ValueDef: [Container, Contained, IDLType] {
        attribute "supported_interfaces": Vec<Ref<InterfaceDef>>;
        attribute "initializers": Vec<Initializer>;
        attribute "base_value": Ref<ValueDef>;
        attribute "abstract_base_values": Vec<Ref<ValueDef>>;
        attribute "is_abstract": bool;
        attribute "is_custom": bool;
        attribute "is_truncatable": bool;
        read "is_a"(id: String) -> bool;
        read "describe_value"() -> FullValueDescription;
        write "create_value_member"(id: String, name: String, version: String, r#type: Ref<IDLType>,
            access: i16) -> Ref<ValueMemberDef>;
        write "create_attribute"(id: String, name: String, version: String, r#type: Ref<IDLType>,
            mode: AttributeMode) -> Ref<AttributeDef>;
        write "create_operation"(id: String, name: String, version: String, result: Ref<IDLType>,
            mode: OperationMode, params: Vec<ParameterDescription>, exceptions: Vec<Ref<ExceptionDef>>,
            contexts: Vec<String>) -> Ref<OperationDef>;
    }
    ValueBoxDef: [TypedefDef] {
        attribute "original_type_def": Ref<IDLType>;
    }
    AbstractInterfaceDef: [InterfaceDef] {}
}

/// The interface of the repository itself.
pub(super) fn repository() -> &'static Interface {
    Repository::interface()
}

/// The interface of definitions of interfaces.
pub(super) fn interface_def() -> &'static Interface {
    InterfaceDef::interface()
}

/// Whether an interface is one of these.
pub(super) fn is_own(interface: &'static Interface) -> bool {
    all().any(|own| std::ptr::eq(own, interface))
}
