//! An interface as OMG IDL, from which the compilers of other languages make its peers.
//!
//! Repository ids agree with the wire: where module and name do not give them, a `#pragma ID` does. Behaviour is in
//! `#pragma quorb` lines, which other compilers pass over, and from which `include_idl!` gives the same description back.
//! What IDL has no word for gets a definition of its own: `sequence<long>` is `LongSeq`, an optional `long` is
//! `OptionalLong`.
//!
//! Architecture invariant: the text depends on the description alone, and equal descriptions give equal texts.

mod helpers;
mod interfaces;
mod layout;
mod names;
mod operations;
mod types;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::{InterfaceDesc, OperationDesc, TypeDesc};
use crate::value::typecode::{elements_of, parts_of};
use layout::Layout;
use names::Names;

/// Why an interface cannot be written as OMG IDL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoIdl {
    /// A type contains itself other than through a sequence, which is the only way in IDL.
    #[error("{id} contains itself other than through a sequence, for which IDL has no form")]
    Recursive {
        /// Its repository id.
        id: String,
    },
    /// A union has no case with a value.
    #[error("no case of the union {id} has a value, for which IDL has no form")]
    NoCases {
        /// Its repository id.
        id: String,
    },
    /// The description names a type that it does not define.
    #[error("{id} is named and not described")]
    Undescribed {
        /// Its repository id.
        id: String,
    },
    /// An operation carries a stream of octets.
    #[error(
        "an operation carries a stream, for which IDL has no form: leave it out of what foreign brokers call"
    )]
    Stream,
    /// A type has no form here.
    #[error("{id} has no form in IDL here")]
    Unsupported {
        /// Its repository id, or the type itself.
        id: String,
    },
}

/// The text for a description.
pub(super) fn text(description: &InterfaceDesc) -> Result<String, NoIdl> {
    // What stands in an interface may be needed before it. Then it is taken out of it, and keeps its id.
    match Writer::new(description, true).run() {
        Err(Stop::Nested) => Writer::new(description, false).run(),
        other => other,
    }
    .map_err(|stop| match stop {
        Stop::For(reason) => reason,
        Stop::Nested => NoIdl::Unsupported { id: description.id.clone() },
    })
}

/// Why writing ends.
#[derive(Debug)]
enum Stop {
    /// There is no text.
    For(NoIdl),
    /// What stands in an interface is needed before it.
    Nested,
}

impl From<NoIdl> for Stop {
    fn from(reason: NoIdl) -> Stop {
        Stop::For(reason)
    }
}

/// How far a definition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It is being written: its parts come first.
    Begun,
    Done,
}

/// An interface of the description.
#[derive(Debug, Clone, Copy)]
struct Described<'a> {
    name: &'a str,
    bases: &'a [String],
    operations: &'a [OperationDesc],
}

/// The writer: definitions are written when they are first needed, so that everything is declared before its use.
struct Writer<'a> {
    description: &'a InterfaceDesc,
    interfaces: BTreeMap<&'a str, Described<'a>>,
    names: Names,
    /// The interfaces that are abstract.
    abstracts: BTreeSet<String>,
    progress: BTreeMap<String, Progress>,
    /// Definitions that were declared before they are defined.
    declared: BTreeSet<String>,
    /// The names of the definitions for what IDL has no word for.
    helpers: BTreeMap<String, TypeDesc>,
    /// The interface in whose body the writer is.
    around: Option<String>,
    /// What stands in interfaces that are being written.
    bodies: BTreeMap<String, Vec<String>>,
    /// Whether the ORB's own definitions are needed.
    needs_orb: bool,
    layout: Layout,
}

impl<'a> Writer<'a> {
    fn new(description: &'a InterfaceDesc, nested: bool) -> Writer<'a> {
        let interfaces = description.interfaces();
        let described =
            interfaces.map(|(id, name, bases, operations)| (id, Described { name, bases, operations }));
        let interfaces: BTreeMap<&str, Described<'_>> = described.collect();
        Writer {
            description,
            names: Names::of(description, &interfaces, nested),
            abstracts: abstracts(description, &interfaces),
            interfaces,
            progress: BTreeMap::new(),
            declared: BTreeSet::new(),
            helpers: BTreeMap::new(),
            around: None,
            bodies: BTreeMap::new(),
            needs_orb: false,
            layout: Layout::default(),
        }
    }

    fn run(mut self) -> Result<String, Stop> {
        self.interface(&self.description.id)?;
        let mut text = String::new();
        if self.needs_orb {
            text.push_str("#include <orb.idl>\n\n");
        }
        self.layout.write(&mut text);
        Ok(text)
    }
}

/// The abstract interfaces: those that stand for objects or values somewhere, and their bases.
fn abstracts(description: &InterfaceDesc, interfaces: &BTreeMap<&str, Described<'_>>) -> BTreeSet<String> {
    let signatures = description.operations.iter().map(|operation| &operation.signature);
    let mut types: Vec<&TypeDesc> = signatures
        .flat_map(|signature| {
            signature.parameters.iter().map(|parameter| &parameter.ty).chain(&signature.result)
        })
        .chain(description.types.values().flat_map(parts_of))
        .collect();
    let (mut found, mut waiting) = (BTreeSet::new(), Vec::new());
    while let Some(ty) = types.pop() {
        match ty {
            TypeDesc::Abstract(id) => waiting.push(id.as_str()),
            other => types.extend(elements_of(other)),
        }
    }
    while let Some(id) = waiting.pop() {
        if found.insert(id.to_owned()) {
            let bases = interfaces.get(id).into_iter().flat_map(|described| described.bases);
            waiting.extend(bases.map(String::as_str));
        }
    }
    found
}
