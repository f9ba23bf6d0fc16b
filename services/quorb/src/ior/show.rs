//! A reference for people: labels on the left, what they mean on the right.

use super::anatomy::{Anatomy, Body, Key, Profile};
use super::component::{CodeSet, CodeSets, Component, Contents, Opaque};
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// The width of the labels, which are indented by two inside of a profile.
const LABEL_COLUMNS: usize = 18;

pub(crate) fn show(anatomy: &Anatomy, output: &mut Output) -> Result<(), Verdict> {
    let type_id =
        if anatomy.type_id.is_empty() { "(not said)".to_owned() } else { harmless(&anatomy.type_id) };
    pair(output, "", "type", &type_id)?;
    if anatomy.nil {
        pair(output, "", "nil", "it refers to no object")?;
    }
    if let Some(name) = &anatomy.name {
        let name = if name.is_empty() { "(the naming context itself)".to_owned() } else { harmless(name) };
        pair(output, "", "name", &name)?;
    }
    for (index, profile) in anatomy.profiles.iter().enumerate() {
        show_profile(index, profile, output)?;
    }
    anatomy.other_addresses.iter().try_for_each(|address| pair(output, "", "address", &harmless(address)))
}

fn show_profile(index: usize, profile: &Profile, output: &mut Output) -> Result<(), Verdict> {
    let title = match (&profile.body, profile.name) {
        (Body::Iiop { version, .. }, name) => format!("{name} {version}"),
        (_, "unknown") => format!("tag {:#x}", profile.tag),
        (_, name) => name.to_owned(),
    };
    pair(output, "", &format!("profile {index}"), &title)?;
    match &profile.body {
        Body::Iiop { host, port, object_key, components, .. } => {
            pair(output, "  ", "address", &address(host, *port))?;
            pair(output, "  ", "object key", &key(object_key))?;
            components.iter().try_for_each(|component| show_component(component, output))
        }
        Body::Components { components } => {
            components.iter().try_for_each(|component| show_component(component, output))
        }
        Body::Opaque(octets) => pair(output, "  ", "octets", &opaque(octets)),
    }
}

fn show_component(component: &Component, output: &mut Output) -> Result<(), Verdict> {
    match &component.body {
        Contents::OrbType { orb, orb_type } => pair(output, "  ", "ORB type", &format!("{orb} ({orb_type})")),
        Contents::CodeSets { char, wchar } => {
            pair(output, "  ", "char", &code_sets(char))?;
            pair(output, "  ", "wchar", &code_sets(wchar))
        }
        Contents::Alternate { host, port } => pair(output, "  ", "alternate", &address(host, *port)),
        Contents::Endpoint(endpoint) => {
            pair(output, "  ", "native protocol", &endpoint.native_protocol.to_string())?;
            pair(output, "  ", "fingerprint", &endpoint.fingerprint)?;
            pair(output, "  ", "endpoint set", &format!("version {}", endpoint.endpoint_set_version))?;
            pair(output, "  ", "server", &endpoint.server_identity)?;
            if !endpoint.local_address.is_empty() {
                pair(output, "  ", "local address", &harmless(&endpoint.local_address))?;
            }
            let flags = if endpoint.flags.is_empty() { "none".to_owned() } else { endpoint.flags.join(", ") };
            pair(output, "  ", "flags", &flags)
        }
        Contents::Opaque(octets) => {
            let name = match component.name {
                "unknown" => format!("tag {:#x}", component.tag),
                name => name.to_owned(),
            };
            pair(output, "  ", &name, &opaque(octets))
        }
    }
}

fn pair(output: &mut Output, indent: &str, label: &str, meaning: &str) -> Result<(), Verdict> {
    let width = LABEL_COLUMNS.saturating_sub(indent.len());
    let label = output.paint(Tone::Label, label);
    output.line(format_args!("{indent}{label:width$}  {meaning}"))
}

fn address(host: &str, port: u16) -> String {
    let host = harmless(host);
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn key(key: &Key) -> String {
    let meaning = key.meaning.as_ref().map_or_else(|| key.text.clone(), Clone::clone);
    if key.hex.is_empty() { "(empty)".to_owned() } else { format!("{meaning} ({})", key.hex) }
}

fn code_sets(sets: &CodeSets) -> String {
    let one = |set: &CodeSet| format!("{} ({})", set.name, set.id);
    let mut text = one(&sets.native);
    for (index, set) in sets.conversions.iter().enumerate() {
        text.push_str(if index == 0 { ", converts " } else { ", " });
        text.push_str(&one(set));
    }
    text
}

fn opaque(octets: &Opaque) -> String {
    let hex = if octets.hex.is_empty() { "(empty)" } else { &octets.hex };
    match &octets.error {
        None => hex.to_owned(),
        Some(error) => format!("{hex} (not readable: {error})"),
    }
}
