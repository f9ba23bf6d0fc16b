//! A reference, taken apart.

use data_encoding::HEXLOWER;
use quorb::adapter;
use quorb_giop::ior::{IiopProfile, Ior, ProfileTag, TaggedProfile, multiple_components};
use quorb_giop::names::ObjectKey;
use quorb_giop::url::{Corbaloc, CorbalocAddress, Reference};
use serde::Serialize;

use super::component::{Component, Opaque};
use super::names;
use crate::verdict::Verdict;

/// Everything that a reference says.
#[derive(Debug, Serialize)]
pub(crate) struct Anatomy {
    /// `IOR`, `corbaloc` or `corbaname`.
    pub(super) form: &'static str,
    pub(super) type_id: String,
    pub(super) nil: bool,
    pub(super) profiles: Vec<Profile>,
    /// The addresses of a `corbaloc:` that no profile can hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) other_addresses: Vec<String>,
    /// The name that a `corbaname:` is to be resolved by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Profile {
    pub(super) tag: u32,
    pub(super) name: &'static str,
    #[serde(flatten)]
    pub(super) body: Body,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Body {
    Iiop { version: String, host: String, port: u16, object_key: Key, components: Vec<Component> },
    Components { components: Vec<Component> },
    Opaque(Opaque),
}

/// An object key: opaque, but often readable.
#[derive(Debug, Serialize)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) hex: String,
    /// What our own servers mean by it, where they alone do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meaning: Option<String>,
}

impl Anatomy {
    pub(crate) fn of(reference: &Reference) -> Result<Anatomy, Verdict> {
        match reference {
            Reference::Ior(ior) => Ok(Anatomy::of_ior("IOR", ior)),
            Reference::Corbaloc(location) => Anatomy::of_location("corbaloc", location),
            Reference::Corbaname(name) => {
                let anatomy = Anatomy::of_location("corbaname", &name.context)?;
                Ok(Anatomy { name: Some(name.name.clone()), ..anatomy })
            }
        }
    }

    fn of_ior(form: &'static str, ior: &Ior) -> Anatomy {
        Anatomy {
            form,
            type_id: ior.type_id.as_str().to_owned(),
            nil: ior.is_nil(),
            profiles: ior.profiles.iter().map(Profile::of).collect(),
            other_addresses: Vec::new(),
            name: None,
        }
    }

    fn of_location(form: &'static str, location: &Corbaloc) -> Result<Anatomy, Verdict> {
        let ior =
            location.to_ior().map_err(|cause| Verdict::failed(format_args!("no reference: {cause}")))?;
        let others = location.addresses.iter().filter(|at| !matches!(at, CorbalocAddress::Iiop { .. }));
        let other_addresses = others.map(ToString::to_string).collect();
        // Without a profile there is an address all the same.
        Ok(Anatomy { nil: false, other_addresses, ..Anatomy::of_ior(form, &ior) })
    }
}

impl Profile {
    fn of(profile: &TaggedProfile) -> Profile {
        let opaque = |cause: &dyn std::fmt::Display| Body::Opaque(Opaque::new(&profile.data, Some(cause)));
        let body = match profile.tag {
            ProfileTag::IIOP => {
                IiopProfile::from_tagged(profile).map_or_else(|cause| opaque(&cause), Body::of_iiop)
            }
            ProfileTag::MULTIPLE_COMPONENTS => multiple_components(profile).map_or_else(
                |cause| opaque(&cause),
                |components| Body::Components { components: components.iter().map(Component::of).collect() },
            ),
            _ => Body::Opaque(Opaque::new(&profile.data, None)),
        };
        Profile { tag: profile.tag.0, name: names::profile(profile.tag), body }
    }
}

impl Body {
    fn of_iiop(profile: IiopProfile) -> Body {
        Body::Iiop {
            version: profile.version.to_string(),
            host: profile.host,
            port: profile.port,
            object_key: Key::of(&profile.object_key),
            components: profile.components.iter().map(Component::of).collect(),
        }
    }
}

impl Key {
    fn of(key: &ObjectKey) -> Key {
        let octets = key.as_bytes();
        let life = adapter::ObjectKey(key.clone().into_bytes()).incarnation();
        let counter = octets.last_chunk::<8>().map(|counter| u64::from_be_bytes(*counter));
        let meaning = life.zip(counter).map(|(life, counter)| {
            format!("transient object {counter} of the server that started {}", moment(life))
        });
        Key { text: octets.escape_ascii().to_string(), hex: HEXLOWER.encode(octets), meaning }
    }
}

/// A server's life, which is counted in microseconds since 1970, as seconds.
fn moment(incarnation: u64) -> String {
    format!("at {}.{:06} s of Unix time", incarnation / 1_000_000, incarnation % 1_000_000)
}
