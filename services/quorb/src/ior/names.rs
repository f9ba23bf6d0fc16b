//! What the numbers in references are called.

use quorb_giop::codeset::CodeSetId;
use quorb_giop::ior::{ComponentTag, OrbType, ProfileTag};

/// The name of a profile's tag, without `TAG_`.
pub(super) fn profile(tag: ProfileTag) -> &'static str {
    match tag {
        ProfileTag::IIOP => "IIOP",
        ProfileTag::MULTIPLE_COMPONENTS => "MULTIPLE_COMPONENTS",
        ProfileTag::SCCP_IOP => "SCCP_IOP",
        ProfileTag::UIPMC => "UIPMC",
        _ => "unknown",
    }
}

/// The name of a component's tag, without `TAG_`.
pub(super) fn component(tag: ComponentTag) -> &'static str {
    match tag {
        ComponentTag::ORB_TYPE => "ORB_TYPE",
        ComponentTag::CODE_SETS => "CODE_SETS",
        ComponentTag::POLICIES => "POLICIES",
        ComponentTag::ALTERNATE_IIOP_ADDRESS => "ALTERNATE_IIOP_ADDRESS",
        ComponentTag::COMPLETE_OBJECT_KEY => "COMPLETE_OBJECT_KEY",
        ComponentTag::SSL_SEC_TRANS => "SSL_SEC_TRANS",
        ComponentTag::JAVA_CODEBASE => "JAVA_CODEBASE",
        ComponentTag::FT_GROUP => "FT_GROUP",
        ComponentTag::FT_PRIMARY => "FT_PRIMARY",
        ComponentTag::FT_HEARTBEAT_ENABLED => "FT_HEARTBEAT_ENABLED",
        ComponentTag::CSI_SEC_MECH_LIST => "CSI_SEC_MECH_LIST",
        ComponentTag::OMNIORB_UNIX_TRANS => "OMNIORB_UNIX_TRANS",
        ComponentTag::QUORB_ENDPOINT => "QUORB_ENDPOINT",
        _ => "unknown",
    }
}

/// The broker behind an ORB type.
pub(super) fn orb(orb: OrbType) -> &'static str {
    match orb {
        OrbType::QUORB => "Quorb",
        OrbType::OMNIORB => "omniORB",
        OrbType::TAO => "TAO",
        OrbType::JACORB => "JacORB",
        _ => "unknown",
    }
}

/// The name of a code set, after the OSF registry.
pub(super) fn code_set(id: CodeSetId) -> String {
    let name = match id {
        CodeSetId::NONE => "none",
        CodeSetId::ASCII => "ISO 646 IRV (ASCII)",
        CodeSetId::UCS_2 => "UCS-2 level 1",
        CodeSetId(0x0001_0101) => "UCS-2 level 2",
        CodeSetId(0x0001_0102) => "UCS-2 level 3",
        CodeSetId::UCS_4 => "UCS-4 level 1",
        CodeSetId(0x0001_0105) => "UCS-4 level 2",
        CodeSetId(0x0001_0106) => "UCS-4 level 3",
        CodeSetId(0x0001_0108) => "UTF-1",
        CodeSetId::UTF_16 => "UTF-16",
        CodeSetId(0x0001_010a) => "UTF-16 level 2",
        CodeSetId::UTF_8 => "UTF-8",
        // The parts of ISO 8859 are numbered in order.
        CodeSetId(latin @ 0x0001_0001..=0x0001_000f) => return format!("ISO 8859-{}", latin & 0xf),
        CodeSetId(0x0003_0001) => "JIS X0201",
        CodeSetId(0x0003_0010) => "JIS eucJP",
        CodeSetId(0x1002_0025) => "IBM-037 (EBCDIC)",
        CodeSetId(0x1002_04e4) => "IBM-1252",
        CodeSetId(_) => "unknown",
    };
    name.to_owned()
}
