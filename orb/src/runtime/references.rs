//! From what names an object to a reference that can be called.

use std::fmt;
use std::sync::Arc;

use quorb_giop::ior::Ior;
use quorb_giop::url::{Corbaloc, CorbalocAddress, Reference};

use super::Orb;
use super::corbaname::Name;
use super::resolver::{Addresses, Resolver, Source};
use crate::exception::{Completion, ExceptionKind, Minor, Stage, SystemException};
use crate::object::{ObjectRef, Proxy};

impl Orb {
    /// A proxy on the object that a reference string names: `IOR:`, `corbaloc:`, in any letter case.
    ///
    /// No message is sent: the reference is checked at the first call. [`Proxy::narrow`] asks the object for its interface.
    /// Names (`corbaname:`) need messages: [`resolve`](Orb::resolve) takes all three.
    ///
    /// # Errors
    /// INV_OBJREF if the string is malformed or names nothing that can be called.
    pub fn bind<P: Proxy>(&self, reference: &str) -> Result<P, SystemException> {
        self.string_to_object(reference).map(P::from_object)
    }

    /// The object that a reference string names, untyped.
    ///
    /// # Errors
    /// As [`bind`](Orb::bind).
    pub fn string_to_object(&self, reference: &str) -> Result<ObjectRef, SystemException> {
        match parse(reference)? {
            Reference::Ior(ior) => Ok(self.object(ior)),
            Reference::Corbaloc(location) => self.locate(&location),
            Reference::Corbaname(_) => {
                Err(malformed(&"a name is resolved by messages to its naming service: use `Orb::resolve`"))
            }
        }
    }

    /// A proxy on the object that a reference string names, whatever its form: `IOR:`, `corbaloc:` or `corbaname:`.
    ///
    /// A name is resolved now, and again by any call that finds its object gone or out of reach. Cancellation safe.
    ///
    /// # Errors
    /// As [`bind`](Orb::bind); if a name does not resolve, whatever the naming service answers or prevents it.
    pub async fn resolve<P: Proxy>(&self, reference: &str) -> Result<P, SystemException> {
        let object = match parse(reference)? {
            Reference::Corbaname(name) => {
                let context = self.locate(&name.context)?;
                match name.name.is_empty() {
                    true => context,
                    false => {
                        let text = name.to_string();
                        self.resolve_with(Arc::new(Name { context, name: name.name, text })).await?
                    }
                }
            }
            _ => self.string_to_object(reference)?,
        };
        Ok(P::from_object(object))
    }

    /// The object that a resolver finds, now and whenever what it has found is gone. It has the broker's deadline for calls
    /// to find it the first time. Cancellation safe.
    ///
    /// # Errors
    /// Those of the resolver; TIMEOUT; INV_OBJREF if it finds nil.
    pub async fn resolve_with(&self, resolver: Arc<dyn Resolver>) -> Result<ObjectRef, SystemException> {
        let source = Source::new(resolver);
        let deadline = std::time::Instant::now() + self.limits().call_deadline;
        let ior = source.ask(self, deadline).await?;
        Ok(ObjectRef::routed(ior, self, Some(source)))
    }

    /// The object behind an interoperable object reference.
    pub fn object(&self, ior: Ior) -> ObjectRef {
        ObjectRef::routed(ior, self, None)
    }

    /// The object at a list of addresses.
    fn locate(&self, location: &Corbaloc) -> Result<ObjectRef, SystemException> {
        if location.addresses.contains(&CorbalocAddress::Rir) {
            let name = String::from_utf8_lossy(location.key.as_bytes());
            return self.initial_reference(&name);
        }
        let ior = location.to_ior().map_err(|cause| malformed(&cause))?;
        let source = Source::new(Arc::new(Addresses { text: location.to_string(), ior: ior.clone() }));
        Ok(ObjectRef::routed(ior, self, Some(source)))
    }

    /// What [`OrbBuilder::initial_reference`](super::OrbBuilder::initial_reference) has said about a name.
    fn initial_reference(&self, name: &str) -> Result<ObjectRef, SystemException> {
        let known = &self.shared.settings.initial_references;
        let Some(reference) = known.get(name) else {
            if name == crate::repository::ROOT_KEY {
                return Ok(self.interface_repository());
            }
            let cause =
                format_args!("no initial reference is called `{name}`: see `OrbBuilder::initial_reference`");
            return Err(malformed(&cause));
        };
        match parse(reference)? {
            Reference::Corbaloc(location) if location.addresses.contains(&CorbalocAddress::Rir) => {
                Err(malformed(&format_args!("the initial reference `{name}` names another one")))
            }
            _ => self.string_to_object(reference),
        }
    }
}

fn parse(reference: &str) -> Result<Reference, SystemException> {
    reference.trim().parse::<Reference>().map_err(|cause| malformed(&cause))
}

fn malformed(cause: &dyn fmt::Display) -> SystemException {
    SystemException::new(ExceptionKind::InvObjref, Minor::BAD_REFERENCE_STRING, Completion::No)
        .at(Stage::Resolving)
        .because(cause)
}
