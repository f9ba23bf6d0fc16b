//! The structs and enums of the repository's interfaces (CORBA 2.3.1, 10.5; `ir.idl`).
//!
//! The names are those of the IDL; enumerators are spelled as Rust does, and keep theirs on the wire.

use super::interfaces::{Contained, IDLType};
use super::reference::Ref;
use crate::value::{Any, TypeCode};

/// Generates an enum whose enumerators have a prefix in IDL.
macro_rules! enumeration {
    ($name:ident, $id:tt { $($variant:ident = $idl:tt),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, quorb_macros::IdlType)]
        #[idl(id = $id)]
        pub(super) enum $name {
            $(#[idl(name = $idl)] $variant,)*
        }
    };
}

enumeration!(DefinitionKind, "IDL:omg.org/CORBA/DefinitionKind:1.0" {
    None = "dk_none", All = "dk_all", Attribute = "dk_Attribute", Constant = "dk_Constant",
    Exception = "dk_Exception", Interface = "dk_Interface", Module = "dk_Module", Operation = "dk_Operation",
    Typedef = "dk_Typedef", Alias = "dk_Alias", Struct = "dk_Struct", Union = "dk_Union", Enum = "dk_Enum",
    Primitive = "dk_Primitive", String = "dk_String", Sequence = "dk_Sequence", Array = "dk_Array",
    Repository = "dk_Repository", WString = "dk_Wstring", Fixed = "dk_Fixed", Value = "dk_Value",
    ValueBox = "dk_ValueBox", ValueMember = "dk_ValueMember", Native = "dk_Native",
    AbstractInterface = "dk_AbstractInterface",
});

enumeration!(PrimitiveKind, "IDL:omg.org/CORBA/PrimitiveKind:1.0" {
    Null = "pk_null", Void = "pk_void", Short = "pk_short", Long = "pk_long", UShort = "pk_ushort",
    ULong = "pk_ulong", Float = "pk_float", Double = "pk_double", Boolean = "pk_boolean", Char = "pk_char",
    Octet = "pk_octet", Any = "pk_any", TypeCode = "pk_TypeCode", Principal = "pk_Principal",
    String = "pk_string", ObjectReference = "pk_objref", LongLong = "pk_longlong", ULongLong = "pk_ulonglong",
    LongDouble = "pk_longdouble", WChar = "pk_wchar", WString = "pk_wstring", ValueBase = "pk_value_base",
});

enumeration!(AttributeMode, "IDL:omg.org/CORBA/AttributeMode:1.0" {
    Normal = "ATTR_NORMAL", ReadOnly = "ATTR_READONLY",
});

enumeration!(OperationMode, "IDL:omg.org/CORBA/OperationMode:1.0" {
    Normal = "OP_NORMAL", Oneway = "OP_ONEWAY",
});

enumeration!(ParameterMode, "IDL:omg.org/CORBA/ParameterMode:1.0" {
    In = "PARAM_IN", Out = "PARAM_OUT", InOut = "PARAM_INOUT",
});

/// Generates a struct.
macro_rules! record {
    ($name:ident, $id:tt { $($field:ident: $ty:ty),* $(,)? }) => {
        #[derive(quorb_macros::IdlType)]
        #[idl(id = $id)]
        pub(super) struct $name {
            $(pub(super) $field: $ty,)*
        }
    };
}

record!(StructMember, "IDL:omg.org/CORBA/StructMember:1.0" {
    name: String, r#type: TypeCode, type_def: Ref<IDLType>,
});
record!(UnionMember, "IDL:omg.org/CORBA/UnionMember:1.0" {
    name: String, label: Any, r#type: TypeCode, type_def: Ref<IDLType>,
});
record!(ValueMember, "IDL:omg.org/CORBA/ValueMember:1.0" {
    name: String, id: String, defined_in: String, version: String, r#type: TypeCode, type_def: Ref<IDLType>,
    access: i16,
});
record!(Initializer, "IDL:omg.org/CORBA/Initializer:1.0" {
    members: Vec<StructMember>, name: String,
});
record!(ContainedDescription, "IDL:omg.org/CORBA/Contained/Description:1.0" {
    kind: DefinitionKind, value: Any,
});
record!(ContainerDescription, "IDL:omg.org/CORBA/Container/Description:1.0" {
    contained_object: Ref<Contained>, kind: DefinitionKind, value: Any,
});
record!(ModuleDescription, "IDL:omg.org/CORBA/ModuleDescription:1.0" {
    name: String, id: String, defined_in: String, version: String,
});
record!(ConstantDescription, "IDL:omg.org/CORBA/ConstantDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, r#type: TypeCode, value: Any,
});
record!(TypeDescription, "IDL:omg.org/CORBA/TypeDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, r#type: TypeCode,
});
record!(ExceptionDescription, "IDL:omg.org/CORBA/ExceptionDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, r#type: TypeCode,
});
record!(AttributeDescription, "IDL:omg.org/CORBA/AttributeDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, r#type: TypeCode, mode: AttributeMode,
});
record!(ParameterDescription, "IDL:omg.org/CORBA/ParameterDescription:1.0" {
    name: String, r#type: TypeCode, type_def: Ref<IDLType>, mode: ParameterMode,
});
record!(OperationDescription, "IDL:omg.org/CORBA/OperationDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, result: TypeCode, mode: OperationMode,
    contexts: Vec<String>, parameters: Vec<ParameterDescription>, exceptions: Vec<ExceptionDescription>,
});
record!(InterfaceDescription, "IDL:omg.org/CORBA/InterfaceDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, base_interfaces: Vec<String>,
});
record!(FullInterfaceDescription, "IDL:omg.org/CORBA/InterfaceDef/FullInterfaceDescription:1.0" {
    name: String, id: String, defined_in: String, version: String, operations: Vec<OperationDescription>,
    attributes: Vec<AttributeDescription>, base_interfaces: Vec<String>, r#type: TypeCode,
});
record!(ValueDescription, "IDL:omg.org/CORBA/ValueDescription:1.0" {
    name: String, id: String, is_abstract: bool, is_custom: bool, defined_in: String, version: String,
    supported_interfaces: Vec<String>, abstract_base_values: Vec<String>, is_truncatable: bool,
    base_value: String,
});
record!(FullValueDescription, "IDL:omg.org/CORBA/ValueDef/FullValueDescription:1.0" {
    name: String, id: String, is_abstract: bool, is_custom: bool, defined_in: String, version: String,
    operations: Vec<OperationDescription>, attributes: Vec<AttributeDescription>, members: Vec<ValueMember>,
    initializers: Vec<Initializer>, supported_interfaces: Vec<String>, abstract_base_values: Vec<String>,
    is_truncatable: bool, base_value: String, r#type: TypeCode,
});
