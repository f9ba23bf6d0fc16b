//! The interface repository: what this broker knows of interfaces and types, as objects that any CORBA program can ask
//! (CORBA 3.3 Part 1, chapter 14, in the form of 2.3 that brokers in use have).
//!
//! It serves the reading side: `CORBA::Repository` under the key [`ROOT_KEY`], and the definitions that it leads to. What
//! would change it answers NO_IMPLEMENT, since interfaces come from programs. It knows the interface of every object
//! that was ever active, of those that were [published](crate::adapter::Adapter::publish), and of all that these have
//! as bases or refer to; `_interface` of any object leads into it.
//!
//! Architecture invariants:
//!
//! * An object of the repository is its key: nothing is activated for it, nothing kept, and its reference holds as long as the
//!   server knows the definition, over restarts too.
//! * What it says is in words of IDL, as type codes and printed IDL are: an optional value is a union, a map a sequence.
//! * Nothing is computed before somebody asks.

#[cfg(test)]
mod against_omg;
mod answers;
mod behaviour;
mod building;
mod entry;
mod ids;
mod interfaces;
mod library;
mod node;
mod placing;
mod records;
mod reference;
mod subject;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use dashmap::DashMap;

use crate::adapter::{ObjectKey, Servant};
use crate::model::Interface;
use crate::object::ObjectRef;
use crate::runtime::Orb;
use library::Library;
use node::Node;
use subject::Subject;

/// The key of the repository itself: `corbaloc::HOST:PORT/InterfaceRepository`.
pub(crate) const ROOT_KEY: &str = "InterfaceRepository";

/// What a broker keeps for its repository.
#[derive(Default)]
pub(crate) struct KnownInterfaces {
    interfaces: DashMap<&'static str, &'static Interface>,
    /// What was made of them, and of how many: they only become more. The lock is held while it is made.
    library: Mutex<Option<(usize, Arc<Library>)>>,
}

impl KnownInterfaces {
    /// Enters an interface. Costs a look where it is known.
    pub(crate) fn enter(&self, interface: &'static Interface) {
        if !self.interfaces.contains_key(interface.id()) {
            self.interfaces.insert(interface.id(), interface);
        }
    }

    /// What they define.
    fn library(&self) -> Arc<Library> {
        let mut made = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.interfaces.len();
        match &*made {
            Some((of, library)) if *of == known => library.clone(),
            _ => {
                let interfaces = self.interfaces.iter().map(|entry| *entry.value());
                let library = Arc::new(Library::of(interfaces));
                *made = Some((known, library.clone()));
                library
            }
        }
    }
}

/// The repository's own interfaces. They are found by their ids, and stand in no list.
fn own_library() -> Arc<Library> {
    static OWN: OnceLock<Arc<Library>> = OnceLock::new();
    OWN.get_or_init(|| Arc::new(Library::of(interfaces::all()))).clone()
}

/// The servant behind a key, if it is one of the repository's.
pub(crate) fn find(orb: &Orb, key: &ObjectKey) -> Option<Arc<dyn Servant>> {
    let subject = Subject::of_key(key)?;
    let libraries = [orb.known_interfaces().library(), own_library()];
    let library = libraries.into_iter().find(|library| library.has(&subject))?;
    Some(Arc::new(Node::new(orb.clone(), library, subject)))
}

/// The reference to the repository of a broker.
pub(crate) fn root(orb: &Orb) -> ObjectRef {
    refer(orb, &Subject::Repository, interfaces::repository())
}

/// The reference to the definition of an interface.
pub(crate) fn definition_of(orb: &Orb, interface: &'static Interface) -> ObjectRef {
    if !interfaces::is_own(interface) {
        orb.known_interfaces().enter(interface);
    }
    refer(orb, &Subject::Definition(interface.id().to_owned()), interfaces::interface_def())
}

fn refer(orb: &Orb, subject: &Subject, interface: &'static Interface) -> ObjectRef {
    orb.reference_to(&subject.key(), interface)
}
