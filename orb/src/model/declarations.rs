//! What IDL declares beside what crosses interfaces. The interface repository alone asks for it.

use std::collections::BTreeMap;

use super::{
    Interface, Kind, OperationDesc, Replies, Signature, TypeCatalogue, TypeDef, TypeDesc, ValueKind,
};
use crate::value::{Any, IdlType};

/// What a program declares beside its interfaces: types that no operation uses, constants, and what value types have
/// besides their state.
///
/// Nothing of it is on the wire, so it is no part of descriptions and fingerprints: the interface repository answers it for
/// whoever asks. `include_idl!` and `idl!` generate one for their file, and name it in every interface of it; by hand
/// it is named in `#[interface(declarations = path)]`. It is made when the repository is first asked.
///
/// ```
/// use quorb::{interface, model::Declarations};
/// use std::sync::OnceLock;
///
/// const CURRENCY: &str = "EUR";
///
/// fn declared() -> &'static Declarations {
///     static DECLARED: OnceLock<Declarations> = OnceLock::new();
///     DECLARED.get_or_init(|| {
///         Declarations::new().constant("IDL:Bank/CURRENCY:1.0", "CURRENCY", CURRENCY.to_owned())
///     })
/// }
///
/// #[interface(id = "IDL:Bank/Teller:1.0", declarations = declared)]
/// trait Teller {
///     fn balance(&self) -> i64;
/// }
/// ```
#[derive(Debug, Default)]
pub struct Declarations {
    types: TypeCatalogue,
    pub(crate) constants: Vec<Constant>,
    pub(crate) values: BTreeMap<String, ValueDeclaration>,
    /// The interfaces that are abstract, by ids.
    pub(crate) abstracts: Vec<&'static str>,
}

/// A constant.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) value: Any,
}

/// What a value type has besides its state.
#[derive(Debug, Default)]
pub struct ValueDeclaration {
    /// The interfaces that its values support, by ids.
    pub(crate) supports: Vec<String>,
    /// Its abstract bases, by ids.
    pub(crate) abstract_bases: Vec<String>,
    /// Its operations and attributes, by the names that an interface would have on the wire.
    pub(crate) operations: Vec<OperationDesc>,
    /// Its factories: names, and the names and types of their parameters.
    pub(crate) initializers: Vec<(String, Vec<(String, TypeDesc)>)>,
}

impl Declarations {
    /// Nothing.
    pub fn new() -> Declarations {
        Declarations::default()
    }

    /// Declares a type. One without a name declares those that it is made of.
    pub fn ty<T: IdlType>(mut self) -> Declarations {
        T::describe(&mut self.types);
        self
    }

    /// Declares another name for a type: a `typedef`.
    pub fn alias<T: IdlType>(mut self, id: &str, name: &str) -> Declarations {
        self.types.define(id, |types| TypeDef::Alias { name: name.to_owned(), ty: T::describe(types) });
        self
    }

    /// Declares a constant. A value that has no form in CDR declares nothing.
    pub fn constant<T: IdlType>(mut self, id: &str, name: &str, value: T) -> Declarations {
        if let Ok(value) = Any::new(&value) {
            self.constants.push(Constant { id: id.to_owned(), name: name.to_owned(), value });
        }
        self
    }

    /// Declares that an interface is abstract: references to it may be values.
    pub fn abstract_interface(mut self, interface: &'static Interface) -> Declarations {
        self.types.refer(interface);
        self.abstracts.push(interface.id());
        self
    }

    /// Declares an `abstract valuetype`.
    pub fn abstract_value(mut self, id: &str, name: &str) -> Declarations {
        self.types.define(id, |_| TypeDef::Value {
            name: name.to_owned(),
            kind: ValueKind::Abstract,
            base: None,
            members: Vec::new(),
        });
        self
    }

    /// Declares what the value type with this id has besides its state.
    pub fn value(
        mut self,
        id: &str,
        declare: impl FnOnce(ValueDeclaration, &mut TypeCatalogue) -> ValueDeclaration,
    ) -> Declarations {
        let declared = declare(ValueDeclaration::default(), &mut self.types);
        self.values.insert(id.to_owned(), declared);
        self
    }

    /// The definitions of all types, by repository id.
    pub(crate) fn definitions(&self) -> BTreeMap<String, TypeDef> {
        self.types.clone().into_definitions()
    }

    /// The interfaces that anything here refers to.
    pub(crate) fn interfaces(&self) -> Vec<&'static Interface> {
        self.types.referred()
    }
}

impl ValueDeclaration {
    /// Its values support an interface.
    pub fn supports(mut self, interface: &'static Interface, types: &mut TypeCatalogue) -> ValueDeclaration {
        types.refer(interface);
        self.supports.push(interface.id().to_owned());
        self
    }

    /// It has an abstract base, by its repository id.
    pub fn abstract_base(mut self, id: &str) -> ValueDeclaration {
        self.abstract_bases.push(id.to_owned());
        self
    }

    /// It has an operation. Those that read and write an attribute `x` are called `_get_x` and `_set_x`.
    pub fn operation(mut self, name: &str, signature: Signature) -> ValueDeclaration {
        self.operations.push(OperationDesc {
            name: name.to_owned(),
            // Nobody calls it from elsewhere.
            kind: Kind::ConcurrentUpdate,
            oneway: false,
            idempotent: false,
            cancellable: false,
            deadline_ms: None,
            replies: Replies::First,
            signature,
        });
        self
    }

    /// It has a factory, whose parameters have these names and types.
    pub fn initializer(mut self, name: &str, parameters: Vec<(String, TypeDesc)>) -> ValueDeclaration {
        self.initializers.push((name.to_owned(), parameters));
        self
    }
}
