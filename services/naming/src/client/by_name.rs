//! References that are looked up again by their names.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use quorb::adapter::BoxFuture;
use quorb::{Completion, ExceptionKind, Fault, Minor, ObjectRef, Orb, Resolver, SystemException};
use quorb_giop::ior::Ior;

use super::error::{About, NameError};
use super::names::{Names, parsed};
use crate::cos::{NameComponent, NamingContextExtProxy};

/// A name, as what a reference is from.
pub(super) struct ByName {
    root: NamingContextExtProxy,
    name: Vec<NameComponent>,
    path: String,
    /// What it was resolved to already. The lock is held to take it.
    known: Mutex<Option<Ior>>,
}

impl ByName {
    /// The object that a name was just resolved to, as a reference that knows its name.
    pub(super) async fn begin(names: &Names, path: &str, object: ObjectRef) -> Result<ObjectRef, NameError> {
        let by_name = ByName {
            root: names.shared.root.clone(),
            name: parsed(path)?,
            path: path.to_owned(),
            known: Mutex::new(Some(object.ior().clone())),
        };
        names.shared.orb.resolve_with(Arc::new(by_name)).await.map_err(NameError::Call)
    }
}

impl Resolver for ByName {
    fn resolve<'a>(&'a self, _: &'a Orb) -> BoxFuture<'a, Result<Ior, SystemException>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            match self.root.resolve(&self.name).await {
                Ok(object) => Ok(object.ior().clone()),
                Err(Fault::System(exception)) => Err(exception),
                Err(declared) => {
                    let exception = SystemException::new(
                        ExceptionKind::InvObjref,
                        Minor::NAME_NOT_RESOLVED,
                        Completion::No,
                    );
                    Err(exception.because(declared.about(&self.path)))
                }
            }
        })
    }
}

impl fmt::Display for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name `{}`", self.path)
    }
}
