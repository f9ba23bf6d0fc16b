//! The interface: what the macros emit and what the broker reads.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::stream::STREAM_ID;

use super::{Declarations, NoIdl, TypeCatalogue, TypeDef, TypeDesc, fingerprint::fingerprint};

/// What an operation does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// It only reads (`&self`): it runs beside other queries, and may be repeated.
    Query,
    /// It may change the object (`&mut self`): it runs alone, and at most once.
    Update,
    /// It may change an object that locks for itself (`#[update] fn f(&self)`): it runs beside others, at most once, and
    /// a chain of calls may re-enter it.
    ConcurrentUpdate,
}

/// Whose replies a call of an object group waits for: what `#[reply(..)]` declares. An object that is no group has one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Replies {
    /// One member's, whichever it is.
    #[default]
    First,
    /// More than half of the members', and these are the same.
    Majority,
    /// Every member's, as far as it does not fail, and these are the same.
    All,
    /// So many members'; the first one by rank is given.
    AtLeast(u32),
}

impl Replies {
    fn is_first(&self) -> bool {
        *self == Replies::First
    }
}

impl fmt::Display for Replies {
    /// As the attribute has it: `first`, `majority`, `all`, `3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Replies::First => f.write_str("first"),
            Replies::Majority => f.write_str("majority"),
            Replies::All => f.write_str("all"),
            Replies::AtLeast(count) => write!(f, "{count}"),
        }
    }
}

impl FromStr for Replies {
    type Err = ();

    fn from_str(text: &str) -> Result<Replies, ()> {
        match text {
            "first" => Ok(Replies::First),
            "majority" => Ok(Replies::Majority),
            "all" => Ok(Replies::All),
            _ => text.parse().ok().filter(|count| *count > 0).map(Replies::AtLeast).ok_or(()),
        }
    }
}

/// What a caller may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// Query or update.
    pub kind: Kind,
    /// Nobody waits for the end.
    pub oneway: bool,
    /// Running it twice is the same as running it once: it may be repeated.
    pub idempotent: bool,
    /// A started call is stopped when its caller gives up.
    pub cancellable: bool,
    /// The time a call may take unless its caller says otherwise.
    pub deadline: Option<Duration>,
    /// Whose replies a call waits for.
    pub replies: Replies,
}

impl Behaviour {
    /// Whether the broker may repeat the operation without knowing whether it ran.
    pub fn is_repeatable(&self) -> bool {
        self.kind == Kind::Query || self.idempotent
    }
}

/// An operation of an [`Interface`], as the macros emit it.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The name on the wire: `get`, `_get_height`.
    pub name: &'static str,
    /// What a caller may rely on.
    pub behaviour: Behaviour,
    /// Describes parameters, results and exceptions.
    pub signature: fn(&mut TypeCatalogue) -> Signature,
}

impl Operation {
    /// Whether the broker may repeat it without knowing whether it ran.
    pub fn is_repeatable(&self) -> bool {
        self.behaviour.is_repeatable()
    }
}

/// The direction of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// From the caller to the object.
    In,
    /// There and back.
    InOut,
    /// From the object to the caller.
    Out,
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// The direction.
    pub direction: Direction,
    /// The type.
    pub ty: TypeDesc,
    /// Whether a missing argument takes a default.
    pub optional: bool,
}

/// Parameters, result and exceptions of an operation.
///
/// On the wire a request carries the `In` and `InOut` parameters in order, a reply the result (if there is one) and then
/// the `InOut` and `Out` parameters in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The parameters, in order.
    pub parameters: Vec<Parameter>,
    /// The result; `None` for `void`.
    pub result: Option<TypeDesc>,
    /// The exceptions the operation declares.
    pub raises: Vec<TypeDesc>,
}

/// An operation as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationDesc {
    /// The name on the wire.
    pub name: String,
    /// Query or update.
    pub kind: Kind,
    /// Nobody waits for the end.
    pub oneway: bool,
    /// It may be repeated.
    pub idempotent: bool,
    /// It is stopped when its caller gives up.
    pub cancellable: bool,
    /// The default deadline in milliseconds.
    pub deadline_ms: Option<u64>,
    /// Whose replies a call waits for. Brokers that know of no groups do not say.
    #[serde(default, skip_serializing_if = "Replies::is_first")]
    pub replies: Replies,
    /// Parameters, result and exceptions.
    pub signature: Signature,
}

impl OperationDesc {
    /// Whether a parameter or the result is a [`ByteStream`](crate::ByteStream). A stream is never part of another value.
    pub fn carries_streams(&self) -> bool {
        let parameters = self.signature.parameters.iter().map(|parameter| &parameter.ty);
        { parameters }.chain(&self.signature.result).any(|ty| *ty == TypeDesc::Object(STREAM_ID.to_owned()))
    }

    /// What a caller may rely on.
    pub fn behaviour(&self) -> Behaviour {
        Behaviour {
            kind: self.kind,
            oneway: self.oneway,
            idempotent: self.idempotent,
            cancellable: self.cancellable,
            deadline: self.deadline_ms.map(Duration::from_millis),
            replies: self.replies,
        }
    }
}

/// An interface as plain data: what `_quorb_metadata` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDesc {
    /// The repository id.
    pub id: String,
    /// The simple name.
    pub name: String,
    /// The repository ids of the direct bases, in order.
    pub bases: Vec<String>,
    /// The interface's own operations, then those of its bases, each once, in the order of declaration.
    pub operations: Vec<OperationDesc>,
    /// Every defined type that the operations reach, by repository id.
    pub types: BTreeMap<String, TypeDef>,
    /// The bases, direct and indirect, in the order in which `operations` has theirs. Empty in descriptions of brokers that
    /// did not say.
    #[serde(default)]
    pub ancestors: Vec<Ancestor>,
}

/// A base of a described interface, direct or indirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// The repository id.
    pub id: String,
    /// The simple name.
    pub name: String,
    /// The repository ids of its direct bases, in order.
    pub bases: Vec<String>,
    /// How many of the operations are its own.
    pub operations: u32,
}

impl InterfaceDesc {
    /// The operation with this name on the wire, here or in a base. Linear in the number of operations.
    pub fn operation(&self, name: &str) -> Option<&OperationDesc> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// The interface and its bases, each with its id, name, bases and own operations.
    pub fn interfaces(&self) -> impl Iterator<Item = (&str, &str, &[String], &[OperationDesc])> {
        let inherited: usize = self.ancestors.iter().map(|ancestor| ancestor.operations as usize).sum();
        let (own, mut rest) = self.operations.split_at(self.operations.len().saturating_sub(inherited));
        let ancestors = self.ancestors.iter().map(move |ancestor| {
            let (operations, behind) = rest.split_at(rest.len().min(ancestor.operations as usize));
            rest = behind;
            (ancestor.id.as_str(), ancestor.name.as_str(), ancestor.bases.as_slice(), operations)
        });
        std::iter::once((self.id.as_str(), self.name.as_str(), self.bases.as_slice(), own)).chain(ancestors)
    }

    /// The interface, its bases and types as OMG IDL, for compilers of other languages and for
    /// [`include_idl!`](crate::include_idl), which gives the same description back.
    ///
    /// Interfaces that are only referred to are declared. Linear in the size of the description, but for names.
    ///
    /// # Errors
    /// [`NoIdl`] where IDL has no form for a type.
    pub fn idl(&self) -> Result<String, NoIdl> {
        super::idl::text(self)
    }
}

/// An interface, as the macros emit it: static, one per trait.
#[derive(Debug)]
pub struct Interface {
    id: &'static str,
    name: &'static str,
    bases: &'static [fn() -> &'static Interface],
    operations: &'static [Operation],
    /// Repository ids of bases of an interface that is described at run time.
    ancestors: &'static [String],
    /// What its file declares besides.
    declarations: Option<fn() -> &'static Declarations>,
    derived: OnceLock<Derived>,
}

/// What is computed from the static part when it is first asked for.
#[derive(Debug)]
struct Derived {
    description: InterfaceDesc,
    fingerprint: u64,
    lineage: Vec<&'static Interface>,
    /// The interfaces that operations have references to.
    referred: Vec<&'static Interface>,
}

impl Interface {
    /// An interface of the given parts. The macros call it.
    pub const fn new(
        id: &'static str,
        name: &'static str,
        bases: &'static [fn() -> &'static Interface],
        operations: &'static [Operation],
    ) -> Interface {
        Interface {
            id,
            name,
            bases,
            operations,
            ancestors: &[],
            declarations: None,
            derived: OnceLock::new(),
        }
    }

    /// The same interface, with what is declared beside it. The macros call it.
    pub const fn declaring(mut self, declarations: fn() -> &'static Declarations) -> Interface {
        self.declarations = Some(declarations);
        self
    }

    /// What is declared beside the interface, if anything is.
    pub(crate) fn declarations(&self) -> Option<&'static Declarations> {
        self.declarations.map(|declarations| declarations())
    }

    /// An interface that is known only at run time, for [`DynamicServant`](crate::adapter::DynamicServant).
    ///
    /// The interface stays for the life of the process: describe one once, not with every object.
    pub fn described(description: InterfaceDesc) -> &'static Interface {
        let operations: Vec<Operation> = description
            .operations
            .iter()
            .map(|operation| Operation {
                name: leaked(&operation.name),
                behaviour: operation.behaviour(),
                // Nobody asks: the whole description is there already.
                signature: |_| Signature { parameters: Vec::new(), result: None, raises: Vec::new() },
            })
            .collect();
        let further = description.ancestors.iter().map(|ancestor| ancestor.id.clone());
        let ancestors: Vec<String> = description.bases.iter().cloned().chain(further).collect();
        let interface: &'static Interface = Box::leak(Box::new(Interface {
            id: leaked(&description.id),
            name: leaked(&description.name),
            bases: &[],
            operations: Vec::leak(operations),
            ancestors: Vec::leak(ancestors),
            declarations: None,
            derived: OnceLock::new(),
        }));
        let fingerprint = fingerprint(&description);
        interface.derived.get_or_init(|| Derived {
            description,
            fingerprint,
            lineage: vec![interface],
            referred: Vec::new(),
        });
        interface
    }

    /// The repository id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The simple name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The direct bases, in order.
    pub fn bases(&self) -> impl Iterator<Item = &'static Interface> {
        self.bases.iter().map(|base| base())
    }

    /// The operations that the interface itself declares.
    pub fn operations(&self) -> &'static [Operation] {
        self.operations
    }

    /// The operation with this name, here or in a base. Linear in the number of operations.
    pub fn operation(&'static self, name: &str) -> Option<&'static Operation> {
        self.operation_spelt(name.as_bytes())
    }

    /// The same for a name as it came.
    pub(crate) fn operation_spelt(&'static self, name: &[u8]) -> Option<&'static Operation> {
        let is_it = |operation: &&Operation| operation.name.as_bytes() == name;
        self.derived().lineage.iter().find_map(|interface| interface.operations.iter().find(is_it))
    }

    /// Whether an object of this interface also has the interface with repository id `id`.
    pub fn is_a(&'static self, id: &str) -> bool {
        id == "IDL:omg.org/CORBA/Object:1.0"
            || self.derived().lineage.iter().any(|interface| interface.id == id)
            || self.ancestors.iter().any(|ancestor| ancestor == id)
    }

    /// The fingerprint: equal ones mean that positional bodies are understood by both sides. Computed once.
    pub fn fingerprint(&'static self) -> u64 {
        self.derived().fingerprint
    }

    /// Whether bodies by the interface with this fingerprint are understood: its own and those of its bases are.
    pub fn understands(&'static self, fingerprint: u64) -> bool {
        let derived = self.derived();
        derived.fingerprint == fingerprint
            || derived.lineage[1..].iter().any(|base| base.fingerprint() == fingerprint)
    }

    /// The interface as OMG IDL: see [`InterfaceDesc::idl`].
    ///
    /// # Errors
    /// [`NoIdl`] where IDL has no form for a type.
    pub fn idl(&'static self) -> Result<String, NoIdl> {
        self.describe().idl()
    }

    /// The interface as plain data. Computed once.
    pub fn describe(&'static self) -> &'static InterfaceDesc {
        &self.derived().description
    }

    /// The interfaces that this one leads to: its bases, and those that its operations have references to. Nothing for
    /// one that is described at run time.
    pub(crate) fn neighbours(&'static self) -> impl Iterator<Item = &'static Interface> {
        let derived = self.derived();
        derived.lineage[1..].iter().chain(&derived.referred).copied()
    }

    fn derived(&'static self) -> &'static Derived {
        self.derived.get_or_init(|| {
            let mut lineage = vec![self];
            self.collect_lineage(&mut lineage);
            let (description, referred) = describe(self, &lineage);
            Derived { fingerprint: fingerprint(&description), description, lineage, referred }
        })
    }

    /// Appends the bases, depth first, each once.
    fn collect_lineage(&self, lineage: &mut Vec<&'static Interface>) {
        for base in self.bases() {
            if !lineage.iter().any(|known| known.id == base.id) {
                lineage.push(base);
                base.collect_lineage(lineage);
            }
        }
    }
}

fn leaked(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn ancestor(base: &Interface) -> Ancestor {
    Ancestor {
        id: base.id.to_owned(),
        name: base.name.to_owned(),
        bases: base.bases().map(|base| base.id.to_owned()).collect(),
        operations: base.operations.len() as u32,
    }
}

/// The description, and the interfaces that operations have references to.
fn describe(
    interface: &Interface,
    lineage: &[&'static Interface],
) -> (InterfaceDesc, Vec<&'static Interface>) {
    let mut types = TypeCatalogue::new();
    let operations = lineage
        .iter()
        .flat_map(|interface| interface.operations)
        .map(|operation| OperationDesc {
            name: operation.name.to_owned(),
            kind: operation.behaviour.kind,
            oneway: operation.behaviour.oneway,
            idempotent: operation.behaviour.idempotent,
            cancellable: operation.behaviour.cancellable,
            deadline_ms: operation.behaviour.deadline.map(|limit| limit.as_millis() as u64),
            replies: operation.behaviour.replies,
            signature: (operation.signature)(&mut types),
        })
        .collect();
    let referred = types.referred();
    let description = InterfaceDesc {
        id: interface.id.to_owned(),
        name: interface.name.to_owned(),
        bases: interface.bases().map(|base| base.id.to_owned()).collect(),
        operations,
        types: types.into_definitions(),
        ancestors: lineage[1..].iter().map(|base| ancestor(base)).collect(),
    };
    (description, referred)
}
