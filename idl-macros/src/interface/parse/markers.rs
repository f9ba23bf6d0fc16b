//! The attributes that say how a method behaves.

use std::time::Duration;

use syn::{Attribute, Ident, LitInt, LitStr, Meta};

use super::setter::{Setter, setter};
use crate::interface::model::Replies;
use crate::setting::take_idl_settings;
use crate::sink::Sink;
use crate::spelling::{closest, listed};

/// The attributes on methods that are ours.
const MARKERS: [&str; 11] = [
    "attribute",
    "blocking",
    "cancellable",
    "deadline",
    "idempotent",
    "idl",
    "oneway",
    "parameters",
    "query",
    "reply",
    "update",
];

/// Attributes whose meaning is settled but which need object groups or transactions.
const RESERVED: [&str; 5] = ["order", "commutes", "uniform", "transaction", "role"];

/// The compiler's attributes that may look like misspelt ones of ours.
const COMPILERS: [&str; 7] = ["allow", "cold", "deny", "doc", "expect", "inline", "warn"];

/// What the attributes on a method say; each with its tokens, for messages.
#[derive(Debug, Default)]
pub(super) struct Markers {
    pub(super) attribute: Option<Attribute>,
    /// `#[attribute(set)]`.
    pub(super) setter: Option<Setter>,
    pub(super) update: Option<Attribute>,
    pub(super) query: Option<Attribute>,
    pub(super) blocking: Option<Attribute>,
    pub(super) oneway: Option<Attribute>,
    pub(super) idempotent: Option<Attribute>,
    pub(super) cancellable: Option<Attribute>,
    pub(super) deadline: Option<Duration>,
    /// `#[reply(..)]`.
    pub(super) replies: Option<(Attribute, Replies)>,
    /// `#[parameters(..)]`.
    pub(super) parameters: Option<Attribute>,
    /// The name on the wire.
    pub(super) name: Option<LitStr>,
}

/// Takes our attributes out of `attributes`.
pub(super) fn take_markers(attributes: &mut Vec<Attribute>, sink: &mut Sink) -> Markers {
    let mut markers = Markers::default();
    for setting in take_idl_settings(attributes, &["name"], sink) {
        markers.name = setting.text(sink);
    }
    let mut seen: Vec<String> = Vec::new();
    for attribute in std::mem::take(attributes) {
        let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
        if !MARKERS.contains(&name.as_str()) {
            if !refuse_foreign(&attribute, &name, sink) {
                attributes.push(attribute);
            }
        } else if seen.contains(&name) {
            sink.at(&attribute, format_args!("`{name}` is given twice: keep one of them"));
        } else {
            markers.note(&name, attribute, sink);
            seen.push(name);
        }
    }
    markers
}

impl Markers {
    fn note(&mut self, name: &str, attribute: Attribute, sink: &mut Sink) {
        match name {
            "attribute" => {
                self.setter = setter(&attribute, sink);
                self.attribute = Some(attribute);
                return;
            }
            "deadline" => {
                self.deadline = deadline(&attribute, sink);
                return;
            }
            "reply" => {
                self.replies = replies(&attribute, sink).map(|replies| (attribute, replies));
                return;
            }
            "parameters" => {
                self.parameters = Some(attribute);
                return;
            }
            _ => {}
        }
        if !matches!(attribute.meta, Meta::Path(_)) {
            sink.at(&attribute.meta, format_args!("`{name}` takes no arguments: write `#[{name}]`"));
        }
        let place = match name {
            "update" => &mut self.update,
            "query" => &mut self.query,
            "blocking" => &mut self.blocking,
            "oneway" => &mut self.oneway,
            "idempotent" => &mut self.idempotent,
            _ => &mut self.cancellable,
        };
        *place = Some(attribute);
    }
}

/// The default deadline; 1 millisecond is the finest that the metadata can say.
fn deadline(attribute: &Attribute, sink: &mut Sink) -> Option<Duration> {
    const FORM: &str = "write a whole number and a unit, `ms`, `s`, `m` or `h`: `#[deadline(\"2s\")]`";
    let Some(literal) = attribute.parse_args::<LitStr>().ok() else {
        sink.at(&attribute.meta, FORM);
        return None;
    };
    let text = literal.value();
    let (digits, unit) =
        text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let unit_ms: u64 = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => {
            sink.at(&literal, format_args!("`{text}` is no duration: {FORM}"));
            return None;
        }
    };
    match digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_ms)) {
        Some(0) => {
            sink.at(&literal, "a deadline of zero lets no call succeed: give it time, or leave it out")
        }
        Some(milliseconds) => return Some(Duration::from_millis(milliseconds)),
        None => sink.at(&literal, format_args!("`{text}` is no duration: {FORM}")),
    }
    None
}

/// Whose replies a call waits for.
fn replies(attribute: &Attribute, sink: &mut Sink) -> Option<Replies> {
    const FORM: &str = "write `first`, `majority`, `all`, or how many: `#[reply(majority)]`, `#[reply(2)]`";
    if let Ok(count) = attribute.parse_args::<LitInt>() {
        return match count.base10_parse() {
            Ok(0) => {
                sink.at(&count, "no reply at all is what `#[oneway]` says: write that, or how many you want");
                None
            }
            Ok(count) => Some(Replies::AtLeast(count)),
            Err(_) => {
                sink.at(&count, format_args!("`{count}` is no number of members: {FORM}"));
                None
            }
        };
    }
    let word = attribute.parse_args::<Ident>().ok();
    match word.as_ref().map(ToString::to_string).as_deref() {
        Some("first") => Some(Replies::First),
        Some("majority") => Some(Replies::Majority),
        Some("all") => Some(Replies::All),
        _ => {
            sink.at(&attribute.meta, FORM);
            None
        }
    }
}

/// Whether `attribute` had to be refused; if not it stays on the trait.
fn refuse_foreign(attribute: &Attribute, name: &str, sink: &mut Sink) -> bool {
    if RESERVED.contains(&name) {
        sink.at(attribute, format_args!("`{name}` is not yet supported by this version: leave it out"));
    } else if name == "cfg" || name == "cfg_attr" {
        sink.at(
            attribute,
            "an operation cannot depend on conditional compilation, since peers must agree on the interface: declare \
             two interfaces, one the base of the other, and put the condition above the derived one",
        );
    } else if name == "default" {
        sink.at(
            attribute,
            "`default` belongs on a trailing parameter: `fn f(&self, #[default(10)] limit: u32)`",
        );
    } else if let Some(meant) =
        closest(name, &[MARKERS.as_slice(), &COMPILERS].concat()).filter(|meant| *meant != name)
        && MARKERS.contains(&meant)
    {
        sink.at(
            attribute.path(),
            format_args!("unknown attribute `{name}`: did you mean `{meant}`? Ours are {}", listed(&MARKERS)),
        );
    } else {
        return false;
    }
    true
}
