//! From references to what the tree keeps, and back.
//!
//! ```text
//! NameService                 the root
//! NameService/1a              the context number 26
//! ```

use quorb::{ObjectRef, Orb, Proxy};
use quorb_giop::cdr::{Cdr, Decoder, Encoder, Endian};
use quorb_giop::ior::Ior;
use quorb_giop::names::ObjectKey;

use super::ROOT_ID;
use super::refused::Refused;
use super::service::Service;
use crate::cos::NamingContextExtProxy;
use crate::tree::{ContextId, Reference, Target};

/// What the ids of all contexts but the root begin with.
pub(super) const PREFIX: &str = "NameService/";

/// The context that an object id names. Whether there is one is another question.
pub(super) fn context_of_id(id: &str) -> Option<ContextId> {
    if id == ROOT_ID {
        return Some(ContextId::ROOT);
    }
    let digits = id.strip_prefix(PREFIX)?;
    let number = u64::from_str_radix(digits, 16).ok()?;
    // One id for one context: no leading zeros, no capitals, no sign.
    (format!("{number:x}") == digits && number != ContextId::ROOT.0).then_some(ContextId(number))
}

fn id_of_context(context: ContextId) -> String {
    match context {
        ContextId::ROOT => ROOT_ID.to_owned(),
        ContextId(number) => format!("{PREFIX}{number:x}"),
    }
}

impl Service {
    /// The reference to a context of this service. It says OMG's interface, which every client knows.
    /// Of a group all members are in it.
    pub(super) fn context_reference(&self, context: ContextId) -> ObjectRef {
        let (id, interface) = (id_of_context(context), NamingContextExtProxy::interface());
        if let Some(reference) = self.commands().and_then(|group| group.reference_to(&id, interface)) {
            return reference;
        }
        let reference = self.orb().adapter().reference(&id, interface);
        reference.expect("the ids of contexts are short and without control characters")
    }

    /// What a name is bound to when it is bound to a context.
    pub(super) fn context_target(&self, object: &ObjectRef) -> Result<Target, Refused> {
        match self.own_context(object) {
            Some(context) => Ok(Target::Context(context)),
            None => self.kept(object).map(Target::Foreign),
        }
    }

    /// The reference as the tree keeps it.
    pub(super) fn kept(&self, object: &ObjectRef) -> Result<Reference, Refused> {
        if object.is_nil() {
            return Err(Refused::bad_param("the reference is nil"));
        }
        let octets = Encoder::encapsulate(Endian::Little, |out| object.ior().encode(out));
        let octets = octets.map_err(|cause| Refused::bad_param(&cause.to_string()))?;
        let limit = self.limits().reference_bytes_max;
        if octets.len() > limit {
            let cause =
                format!("a reference of {} octets, above reference_bytes_max = {limit}", octets.len());
            return Err(Refused::system(quorb::ExceptionKind::ImpLimit, quorb::Completion::No, &cause));
        }
        Ok(Reference(octets.into()))
    }

    /// The context of this service that a reference leads to: one of this life, or of an earlier one at the same address.
    fn own_context(&self, object: &ObjectRef) -> Option<ContextId> {
        if let Some(group) = self.commands() {
            let mut keys = object.ior().iiop_profiles().flatten().map(|profile| profile.object_key);
            let of_key = |key: ObjectKey| context_of_id(std::str::from_utf8(key.as_bytes()).ok()?);
            return group.is_of_group(object.ior()).then(|| keys.find_map(of_key)).flatten();
        }
        let adapter = self.orb().adapter();
        if let Some(id) = adapter.id_of(object) {
            return context_of_id(&id);
        }
        let own = self.context_reference(ContextId::ROOT);
        let own: Vec<_> = own.ior().iiop_profiles().flatten().map(|own| (own.host, own.port)).collect();
        object.ior().iiop_profiles().flatten().find_map(|profile| {
            let is_here = own.iter().any(|(host, port)| *host == profile.host && *port == profile.port);
            let id = std::str::from_utf8(profile.object_key.as_bytes()).ok()?;
            is_here.then(|| context_of_id(id)).flatten()
        })
    }
}

/// A reference that is only passed on: it is bound to no broker, which costs nothing.
pub(super) fn passed_on(reference: &Reference) -> ObjectRef {
    let read = Decoder::of_encapsulation(&reference.0).and_then(|mut input| ObjectRef::decode(&mut input));
    // It was encoded here; a store that has changed it gives a reference to nothing.
    read.unwrap_or_else(|_| ObjectRef::nil())
}

/// A reference that is called.
pub(super) fn bound(orb: &Orb, reference: &Reference) -> ObjectRef {
    let read = Decoder::of_encapsulation(&reference.0).and_then(|mut input| Ior::decode(&mut input));
    read.map_or_else(|_| ObjectRef::nil(), |ior| orb.object(ior))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_has_one_id() {
        for context in [ContextId::ROOT, ContextId(2), ContextId(26), ContextId(u64::MAX)] {
            assert_eq!(context_of_id(&id_of_context(context)), Some(context));
        }
        for other in [
            "",
            "NameService/",
            "NameService/1",
            "NameService/01a",
            "NameService/1A",
            "NameService/+2",
            "names",
        ] {
            assert_eq!(context_of_id(other), None, "{other}");
        }
    }
}
