//! Whether an object is where its reference says.

use std::fmt;

use quorb::Minor;
use quorb::exception::ExceptionKind;
use quorb_giop::cdr::CdrError;
use quorb_giop::ior::Ior;
use quorb_giop::message::SystemExceptionBody;

/// What a server says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    /// It is at another address.
    Elsewhere(String),
    /// There is no such object.
    Gone {
        /// It was transient, and its server has restarted.
        of_earlier_life: bool,
    },
    /// The server does not say.
    Refused(String),
}

impl Presence {
    pub(super) fn elsewhere(ior: &Result<Ior, CdrError>) -> Presence {
        let first = ior.as_ref().ok().and_then(|ior| ior.iiop_profiles().flatten().next());
        match first {
            Some(profile) => Presence::Elsewhere(format!("{}:{}", profile.host, profile.port)),
            None => Presence::Refused("forwarded to nowhere".to_owned()),
        }
    }

    pub(super) fn of_exception(exception: &SystemExceptionBody) -> Presence {
        let kind = ExceptionKind::from_repository_id(exception.exception_id.as_str());
        let minor = Minor(exception.minor_code);
        match kind {
            Some(ExceptionKind::ObjectNotExist) => {
                Presence::Gone { of_earlier_life: minor == Minor::OBJECT_OF_EARLIER_LIFE }
            }
            Some(kind) => {
                let phrase = minor.phrase(kind).map_or_else(|| format!("minor {minor}"), str::to_owned);
                Presence::Refused(format!("{kind}: {phrase}"))
            }
            None => Presence::Refused(exception.exception_id.to_string()),
        }
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Presence::Here => f.write_str("object here"),
            Presence::Elsewhere(address) => write!(f, "object at {address}"),
            Presence::Gone { of_earlier_life: true } => {
                f.write_str("object not here: it was transient, of an earlier life of the server")
            }
            Presence::Gone { of_earlier_life: false } => f.write_str("object not here"),
            Presence::Refused(reason) => write!(f, "no word about the object ({reason})"),
        }
    }
}
