//! Code sets: how two brokers agree on the encoding of text (CORBA 3.3 Part 2, 7.10.2).
//!
//! A server lists what it understands in the `TAG_CODE_SETS` component of its references. The client
//! chooses, and says what it chose in the `CodeSets` service context of its first requests on a
//! connection. Without either, `char` is ISO 8859-1 and wide characters are not available.
//!
//! Ours are UTF-8 (native) and ISO 8859-1 for `char`, UTF-16 for `wchar`. As a client we take UTF-8 wherever
//! the server lists it at all: broader than the OMG's rule, which would take the server's native set first
//! and so could not send most of Unicode to a server whose native set is ISO 8859-1 (omniORB's default).

use crate::cdr::{Cdr, CdrError, CdrProfile, CharSet, Decoder, Encoder, Endian, GiopVersion, WcharSet};
use crate::ior::{ComponentTag, KnownComponent};
use crate::message::{ContextId, KnownContext};

/// A number of the OSF character and code set registry. Unknown numbers are kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeSetId(pub u32);

impl CodeSetId {
    /// No code set; in a context it means that there will be no such text.
    pub const NONE: Self = Self(0);
    /// ISO 8859-1, Latin alphabet number 1.
    pub const ISO_8859_1: Self = Self(0x0001_0001);
    /// ISO 646 IRV, known as ASCII.
    pub const ASCII: Self = Self(0x0001_0020);
    /// ISO 10646 UCS-2, level 1.
    pub const UCS_2: Self = Self(0x0001_0100);
    /// ISO 10646 UCS-4, level 1.
    pub const UCS_4: Self = Self(0x0001_0104);
    /// ISO 10646 UTF-16.
    pub const UTF_16: Self = Self(0x0001_0109);
    /// X/Open UTF-8.
    pub const UTF_8: Self = Self(0x0501_0001);

    const fn of_char(set: CharSet) -> Self {
        match set {
            CharSet::Utf8 => Self::UTF_8,
            CharSet::Latin1 => Self::ISO_8859_1,
        }
    }

    const fn of_wchar(set: Option<WcharSet>) -> Self {
        match set {
            Some(WcharSet::Utf16) => Self::UTF_16,
            None => Self::NONE,
        }
    }
}

impl Cdr for CodeSetId {
    const SIZE_MIN: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.0.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        u32::decode(input).map(Self)
    }
}

/// No code set is understood by both sides: `CODESET_INCOMPATIBLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no common code set; the peer's is {:#010x}", .peer.0)]
pub struct CodeSetIncompatible {
    /// What the peer offers or demands: its native code set, or the one it chose.
    pub peer: CodeSetId,
}

/// The code sets in force on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeSets {
    /// For `char` and `string`.
    pub char_set: CharSet,
    /// For `wchar` and `wstring`; none means that they cannot be sent.
    pub wchar_set: Option<WcharSet>,
}

impl CodeSets {
    /// What holds where nothing was negotiated, and always in GIOP 1.0.
    pub const UNNEGOTIATED: Self = Self { char_set: CharSet::Latin1, wchar_set: None };

    /// Chooses, as a client, from what the server's reference lists.
    ///
    /// GIOP 1.0 knows no choice; a reference without a list means [`UNNEGOTIATED`](Self::UNNEGOTIATED).
    /// A server without a wide code set that we know is no error until wide text is to be sent.
    ///
    /// # Errors
    /// [`CodeSetIncompatible`] if the server lists neither UTF-8 nor ISO 8859-1.
    pub fn choose(
        version: GiopVersion,
        offer: Option<&CodeSetComponentInfo>,
    ) -> Result<Self, CodeSetIncompatible> {
        let Some(offer) = offer.filter(|_| version >= GiopVersion::V1_1) else {
            return Ok(Self::UNNEGOTIATED);
        };
        let char_set = if offer.for_char.lists(CodeSetId::UTF_8) {
            CharSet::Utf8
        } else if offer.for_char.lists(CodeSetId::ISO_8859_1) {
            CharSet::Latin1
        } else {
            return Err(CodeSetIncompatible { peer: offer.for_char.native });
        };
        let wchar_set = offer.for_wchar.lists(CodeSetId::UTF_16).then_some(WcharSet::Utf16);
        Ok(Self { char_set, wchar_set })
    }

    /// Accepts, as a server, what the client says it chose.
    ///
    /// # Errors
    /// [`CodeSetIncompatible`] if it chose something that is not in [`CodeSetComponentInfo::ours`].
    pub fn accept(chosen: CodeSetContext) -> Result<Self, CodeSetIncompatible> {
        let char_set = match chosen.char_data {
            CodeSetId::UTF_8 => CharSet::Utf8,
            CodeSetId::ISO_8859_1 | CodeSetId::NONE => CharSet::Latin1,
            peer => return Err(CodeSetIncompatible { peer }),
        };
        let wchar_set = match chosen.wchar_data {
            CodeSetId::UTF_16 => Some(WcharSet::Utf16),
            CodeSetId::NONE => None,
            peer => return Err(CodeSetIncompatible { peer }),
        };
        Ok(Self { char_set, wchar_set })
    }

    /// The rules of a stream in these code sets.
    #[must_use]
    pub const fn profile(self, endian: Endian, version: GiopVersion) -> CdrProfile {
        CdrProfile { endian, version, char_set: self.char_set, wchar_set: self.wchar_set }
    }
}

impl From<CdrProfile> for CodeSets {
    fn from(profile: CdrProfile) -> Self {
        Self { char_set: profile.char_set, wchar_set: profile.wchar_set }
    }
}

/// What a server understands for one kind of text: `CONV_FRAME::CodeSetComponent`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeSetComponent {
    /// The code set that needs no conversion in the server.
    pub native: CodeSetId,
    /// Others that the server converts, best first.
    pub conversions: Vec<CodeSetId>,
}

impl CodeSetComponent {
    /// Whether the server understands `id`, natively or by conversion.
    #[must_use]
    pub fn lists(&self, id: CodeSetId) -> bool {
        self.native == id || self.conversions.contains(&id)
    }
}

impl Cdr for CodeSetComponent {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.native.encode(out)?;
        self.conversions.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { native: Cdr::decode(input)?, conversions: Cdr::decode(input)? })
    }
}

/// The body of a `TAG_CODE_SETS` component: `CONV_FRAME::CodeSetComponentInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeSetComponentInfo {
    /// For `char` and `string`.
    pub for_char: CodeSetComponent,
    /// For `wchar` and `wstring`.
    pub for_wchar: CodeSetComponent,
}

impl CodeSetComponentInfo {
    /// What this crate understands; our servers put it into their references.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            for_char: CodeSetComponent { native: CodeSetId::UTF_8, conversions: vec![CodeSetId::ISO_8859_1] },
            for_wchar: CodeSetComponent { native: CodeSetId::UTF_16, conversions: vec![] },
        }
    }
}

impl Cdr for CodeSetComponentInfo {
    const SIZE_MIN: usize = 16;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.for_char.encode(out)?;
        self.for_wchar.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { for_char: Cdr::decode(input)?, for_wchar: Cdr::decode(input)? })
    }
}

impl KnownComponent for CodeSetComponentInfo {
    const TAG: ComponentTag = ComponentTag::CODE_SETS;
}

/// The body of a `CodeSets` service context: `CONV_FRAME::CodeSetContext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeSetContext {
    /// What the client uses for `char` and `string`.
    pub char_data: CodeSetId,
    /// What the client uses for `wchar` and `wstring`; [`CodeSetId::NONE`] if it sends none.
    pub wchar_data: CodeSetId,
}

impl From<CodeSets> for CodeSetContext {
    fn from(chosen: CodeSets) -> Self {
        Self {
            char_data: CodeSetId::of_char(chosen.char_set),
            wchar_data: CodeSetId::of_wchar(chosen.wchar_set),
        }
    }
}

impl Cdr for CodeSetContext {
    const SIZE_MIN: usize = 8;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        self.char_data.encode(out)?;
        self.wchar_data.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(Self { char_data: Cdr::decode(input)?, wchar_data: Cdr::decode(input)? })
    }
}

impl KnownContext for CodeSetContext {
    const ID: ContextId = ContextId::CODE_SETS;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(char_sets: &[CodeSetId], wchar_sets: &[CodeSetId]) -> CodeSetComponentInfo {
        let component = |sets: &[CodeSetId]| CodeSetComponent {
            native: *sets.first().unwrap_or(&CodeSetId::NONE),
            conversions: sets.get(1..).unwrap_or_default().to_vec(),
        };
        CodeSetComponentInfo { for_char: component(char_sets), for_wchar: component(wchar_sets) }
    }

    #[test]
    fn utf_8_is_chosen_wherever_it_is_listed() {
        let omniorb = offer(&[CodeSetId::ISO_8859_1, CodeSetId::UTF_8], &[CodeSetId::UTF_16; 2]);
        let full = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };
        assert_eq!(CodeSets::choose(GiopVersion::V1_2, Some(&omniorb)), Ok(full));
        assert_eq!(CodeSets::choose(GiopVersion::V1_1, Some(&CodeSetComponentInfo::ours())), Ok(full));
    }

    #[test]
    fn less_is_chosen_where_less_is_listed() {
        let latin1 = offer(&[CodeSetId(0x0001_000f), CodeSetId::ISO_8859_1], &[CodeSetId::UCS_2]);
        assert_eq!(CodeSets::choose(GiopVersion::V1_2, Some(&latin1)), Ok(CodeSets::UNNEGOTIATED));
        let ebcdic = offer(&[CodeSetId(0x1002_0025)], &[]);
        let refused = CodeSetIncompatible { peer: CodeSetId(0x1002_0025) };
        assert_eq!(CodeSets::choose(GiopVersion::V1_2, Some(&ebcdic)), Err(refused));
    }

    #[test]
    fn nothing_is_chosen_in_giop_1_0_or_without_a_list() {
        let ours = CodeSetComponentInfo::ours();
        assert_eq!(CodeSets::choose(GiopVersion::V1_0, Some(&ours)), Ok(CodeSets::UNNEGOTIATED));
        assert_eq!(CodeSets::choose(GiopVersion::V1_2, None), Ok(CodeSets::UNNEGOTIATED));
    }

    #[test]
    fn a_client_is_held_to_what_we_know() {
        let chosen = |char_data, wchar_data| CodeSets::accept(CodeSetContext { char_data, wchar_data });
        let full = CodeSets { char_set: CharSet::Utf8, wchar_set: Some(WcharSet::Utf16) };
        assert_eq!(CodeSets::accept(full.into()), Ok(full));
        assert_eq!(chosen(CodeSetId::ISO_8859_1, CodeSetId::NONE), Ok(CodeSets::UNNEGOTIATED));
        assert_eq!(chosen(CodeSetId::NONE, CodeSetId::NONE), Ok(CodeSets::UNNEGOTIATED));
        let refused = chosen(CodeSetId::ASCII, CodeSetId::NONE);
        assert_eq!(refused, Err(CodeSetIncompatible { peer: CodeSetId::ASCII }));
        let refused = chosen(CodeSetId::UTF_8, CodeSetId::UCS_4);
        assert_eq!(refused, Err(CodeSetIncompatible { peer: CodeSetId::UCS_4 }));
    }

    #[test]
    fn the_component_and_the_context_read_back() {
        let mut out = Encoder::new(Endian::Little);
        CodeSetComponentInfo::ours().encode(&mut out).unwrap();
        let context = CodeSetContext::from(CodeSets::UNNEGOTIATED);
        context.encode(&mut out).unwrap();
        let mut input = Decoder::new(out.as_slice(), Endian::Little);
        assert_eq!(Cdr::decode(&mut input), Ok(CodeSetComponentInfo::ours()));
        assert_eq!(Cdr::decode(&mut input), Ok(context));
        assert_eq!(input.finish(), Ok(()));
    }
}
