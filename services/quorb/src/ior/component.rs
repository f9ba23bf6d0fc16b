//! The components of a profile, each decoded as far as it is known.

use data_encoding::HEXLOWER;
use quorb_giop::codeset::{CodeSetComponent, CodeSetComponentInfo, CodeSetId};
use quorb_giop::ior::{
    AlternateAddress, EndpointFlags, KnownComponent, OrbType, QuorbEndpoint, TaggedComponent,
};
use serde::Serialize;

use super::names;

/// A component.
#[derive(Debug, Serialize)]
pub(super) struct Component {
    pub(super) tag: u32,
    pub(super) name: &'static str,
    #[serde(flatten)]
    pub(super) body: Contents,
}

/// What a component says.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Contents {
    OrbType { orb: &'static str, orb_type: String },
    CodeSets { char: CodeSets, wchar: CodeSets },
    Alternate { host: String, port: u16 },
    Endpoint(Endpoint),
    Opaque(Opaque),
}

/// What is not understood: its octets, and why where it should be.
#[derive(Debug, Serialize)]
pub(super) struct Opaque {
    pub(super) hex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Code sets for one kind of text.
#[derive(Debug, Serialize)]
pub(super) struct CodeSets {
    pub(super) native: CodeSet,
    pub(super) conversions: Vec<CodeSet>,
}

#[derive(Debug, Serialize)]
pub(super) struct CodeSet {
    pub(super) name: String,
    pub(super) id: String,
}

/// Our own component. Numbers of 64 bits are hexadecimal text, since JSON's readers round them.
#[derive(Debug, Serialize)]
pub(super) struct Endpoint {
    pub(super) native_protocol: u16,
    pub(super) fingerprint: String,
    pub(super) endpoint_set_version: u64,
    pub(super) server_identity: String,
    pub(super) local_address: String,
    pub(super) flags: Vec<String>,
}

impl Opaque {
    pub(super) fn new(octets: &[u8], error: Option<&dyn std::fmt::Display>) -> Opaque {
        Opaque { hex: HEXLOWER.encode(octets), error: error.map(ToString::to_string) }
    }
}

impl Component {
    pub(super) fn of(component: &TaggedComponent) -> Component {
        let body = known(component, |orb: OrbType| Contents::OrbType {
            orb: names::orb(orb),
            orb_type: format!("{:#010x}", orb.0),
        })
        .or_else(|| {
            known(component, |info: CodeSetComponentInfo| Contents::CodeSets {
                char: CodeSets::of(&info.for_char),
                wchar: CodeSets::of(&info.for_wchar),
            })
        })
        .or_else(|| {
            known(component, |at: AlternateAddress| Contents::Alternate { host: at.host, port: at.port })
        })
        .or_else(|| known(component, |endpoint| Contents::Endpoint(Endpoint::of(endpoint))))
        .unwrap_or_else(|| Contents::Opaque(Opaque::new(&component.data, None)));
        Component { tag: component.tag.0, name: names::component(component.tag), body }
    }
}

/// The contents, if the component is one of type `T`; its octets and the reason if it is a broken one.
fn known<T: KnownComponent>(
    component: &TaggedComponent,
    show: impl FnOnce(T) -> Contents,
) -> Option<Contents> {
    component.read::<T>().map(|read| match read {
        Ok(body) => show(body),
        Err(cause) => Contents::Opaque(Opaque::new(&component.data, Some(&cause))),
    })
}

impl CodeSets {
    fn of(component: &CodeSetComponent) -> CodeSets {
        let conversions = component.conversions.iter().copied().map(CodeSet::of).collect();
        CodeSets { native: CodeSet::of(component.native), conversions }
    }
}

impl CodeSet {
    fn of(id: CodeSetId) -> CodeSet {
        CodeSet { name: names::code_set(id), id: format!("{:#010x}", id.0) }
    }
}

impl Endpoint {
    fn of(endpoint: QuorbEndpoint) -> Endpoint {
        Endpoint {
            native_protocol: endpoint.protocol_version,
            fingerprint: format!("{:#018x}", endpoint.fingerprint),
            endpoint_set_version: endpoint.endpoint_set_version,
            server_identity: format!("{:#018x}", endpoint.server_identity),
            local_address: endpoint.local_address,
            flags: flags(endpoint.flags),
        }
    }
}

/// The names of the flags that are set; unknown ones by their number.
fn flags(flags: EndpointFlags) -> Vec<String> {
    (0..u32::BITS)
        .map(|bit| EndpointFlags(1 << bit))
        .filter(|flag| flags.contains(*flag))
        .map(|flag| match flag {
            EndpointFlags::GROUP => "group".to_owned(),
            EndpointFlags::TLS => "TLS".to_owned(),
            EndpointFlags(other) => format!("{other:#x}"),
        })
        .collect()
}
