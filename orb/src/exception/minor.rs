//! Minor codes: why exactly a system exception was raised.

use super::ExceptionKind::{self, *};

/// A minor code of a system exception. The upper 20 bits name the vendor, the lower 12 the reason.
///
/// The OMG's own codes carry [`Minor::OMG`], ours [`Minor::QUORB`]; codes of other vendors survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Minor(pub u32);

/// Generates the constants and the phrase table of the minor codes that this broker raises.
macro_rules! minors {
    ($($(#[$doc:meta])* $name:ident = $vendor:ident | $code:literal on $kind:ident, $phrase:literal, $hint:literal;)*) => {
        impl Minor {
            $($(#[$doc])* pub const $name: Minor = Minor(Minor::$vendor | $code);)*

            /// The row of the table for this code on an exception of `kind`: phrase and hint.
            fn row(self, kind: ExceptionKind) -> Option<(&'static str, &'static str)> {
                match (self, kind) {
                    $((Minor::$name, $kind) => Some(($phrase, $hint)),)*
                    _ => None,
                }
            }
        }
    };
}

impl Minor {
    /// No reason given.
    pub const UNSPECIFIED: Minor = Minor(0);
    /// The vendor part of the OMG's codes (`OM`).
    pub const OMG: u32 = 0x4f4d_0000;
    /// The vendor part of this broker's codes (`QR`).
    pub const QUORB: u32 = 0x5152_0000;

    /// What the code means on an exception of `kind`, where this broker knows it.
    pub fn phrase(self, kind: ExceptionKind) -> Option<&'static str> {
        self.row(kind).map(|(phrase, _)| phrase)
    }

    /// What the caller can do about it, where this broker knows it.
    pub fn hint(self, kind: ExceptionKind) -> Option<&'static str> {
        self.row(kind).map(|(_, hint)| hint).filter(|hint| !hint.is_empty())
    }
}

minors! {
    /// OMG UNKNOWN 1: the servant raised an exception its operation does not declare.
    UNDECLARED_EXCEPTION = OMG | 1 on Unknown, "the servant raised an exception that its operation does not declare", "compare the interface definitions of client and server";
    /// The servant panicked.
    SERVANT_PANICKED = QUORB | 1 on Unknown, "the servant panicked", "the server's log holds the panic message; the object refuses updates until it is reactivated";
    /// The argument did not arrive and has no default.
    ARGUMENT_MISSING = QUORB | 2 on BadParam, "an argument is missing", "the client was built against another version of the interface";
    /// A value violates a declared bound.
    BOUND_EXCEEDED = QUORB | 3 on BadParam, "a value exceeds its declared bound", "";
    /// A value cannot be written: a label that its union does not have, for example.
    VALUE_NOT_EXPRESSIBLE = QUORB | 4 on BadParam, "a value cannot be expressed in its declared type", "";
    /// A message exceeds a size limit.
    MESSAGE_TOO_LARGE = QUORB | 5 on ImpLimit, "a message exceeds a size limit", "raise `body_bytes_max` on the side that the report names, or send the data in parts";
    /// The peer's limit on calls in flight is reached.
    TOO_MANY_CALLS = QUORB | 6 on Transient, "too many calls are in flight on the connection", "retry after a pause, or raise `calls_in_flight_max`";
    /// The queue in front of the object is full.
    OBJECT_QUEUE_FULL = QUORB | 7 on Transient, "the queue in front of the object is full", "retry after a pause, and see what the object waits for";
    /// The server is draining.
    SERVER_DRAINING = QUORB | 8 on Transient, "the server is shutting down", "retry: another endpoint or the restarted server will take the call";
    /// No endpoint could be reached.
    NOT_REACHABLE = QUORB | 9 on Transient, "no endpoint of the reference could be reached", "check that the server runs and that the addresses in the reference are reachable from here (`quorb doctor REF`)";
    /// The reference offers no endpoint that this broker can use.
    NO_USABLE_PROFILE = QUORB | 10 on InvObjref, "the reference has no endpoint that this broker can use", "`quorb ior decode REF` lists its profiles";
    /// The reference is nil.
    NIL_REFERENCE = QUORB | 11 on InvObjref, "the reference is nil", "";
    /// The reference is bound to no broker.
    NOT_BOUND = QUORB | 12 on InvObjref, "the reference is bound to no broker", "give it to `Orb::bind`; references that arrive in calls are bound by themselves";
    /// A reference string is malformed.
    BAD_REFERENCE_STRING = QUORB | 13 on InvObjref, "the reference string is malformed", "expected IOR:<hex>, corbaloc:iiop:[version@]host:port/key or corbaname:";
    /// The naming service does not know the name.
    NAME_NOT_RESOLVED = QUORB | 37 on InvObjref, "the naming service does not resolve the name", "list what is bound there, and check the spelling; `/` stands between the parts of a name, `.` before a kind";
    /// The connection broke before the reply came.
    CONNECTION_LOST = QUORB | 14 on CommFailure, "the connection broke before the reply arrived", "";
    /// The peer violated the protocol and the connection was closed.
    PROTOCOL_VIOLATED = QUORB | 15 on CommFailure, "the peer violated the protocol", "a peer that is not a broker may be listening at this address";
    /// The deadline passed.
    DEADLINE_PASSED = QUORB | 16 on Timeout, "the deadline passed", "raise the deadline of the operation or of the broker, or find out what the server waits for";
    /// The chain of calls re-enters an object that it holds.
    CHAIN_REENTERED = QUORB | 17 on BadInvOrder, "the chain of calls re-enters an object that it already holds", "let the method take `&self` with `#[update]`, or call back after it has returned";
    /// A servant called out that may not.
    CALLS_REFUSED = QUORB | 38 on BadInvOrder, "the servant may call nobody while it executes this request", "call before or after it, or serve the object in a style that allows calls";
    /// The replica is cut off from most of its domain.
    NOT_PRIMARY = QUORB | 43 on Transient, "the replica cannot reach enough of its domain to act for it", "the broker goes to another replica by itself; if all say so, too few of them are running or connected";
    /// The replica has no state yet, or no longer.
    REPLICA_INCOMPLETE = QUORB | 44 on Transient, "the replica does not have the object's state", "the broker goes to another replica by itself; a joining one has the state soon";
    /// A request has cost several executors.
    REQUEST_QUARANTINED = QUORB | 45 on Unknown, "the processes that executed the request were lost one after the other, and it is not tried again", "see in their logs how they ended; read the object's state before repeating the update";
    /// Fewer members have replied than the operation declares.
    REPLIES_TOO_FEW = QUORB | 70 on NoResponse, "fewer members of the object group have replied than the operation wants", "the update is executed once all the same, if one has replied; see which members fail";
    /// Members have replied differently.
    REPLIES_DIFFER = QUORB | 71 on NoResponse, "the members of the object group have replied differently", "ask again, should the object have changed meanwhile; else its replicas have drifted apart: look at the servant";
    /// A blocking call was made on an asynchronous thread.
    BLOCKING_ON_ASYNC_THREAD = QUORB | 18 on BadInvOrder, "a blocking call was made on a thread that drives asynchronous tasks", "await the asynchronous proxy, or move the call to `tokio::task::spawn_blocking`";
    /// The object is poisoned by a panic.
    OBJECT_POISONED = QUORB | 19 on ObjAdapter, "the object refuses updates because an update panicked", "reactivate the object";
    /// The object is not active here.
    OBJECT_UNKNOWN = QUORB | 20 on ObjectNotExist, "no object with this key is active here", "get a fresh reference";
    /// The transient object belonged to an earlier life of the server.
    OBJECT_OF_EARLIER_LIFE = QUORB | 21 on ObjectNotExist, "the object was transient and its server has restarted", "get a fresh reference, or activate the object under a persistent id";
    /// The operation does not exist.
    OPERATION_UNKNOWN = QUORB | 22 on BadOperation, "the object has no such operation", "the client was built against another version of the interface";
    /// The body does not decode as the operation's arguments.
    ARGUMENTS_MALFORMED = QUORB | 23 on Marshal, "the arguments do not decode", "compare the interface definitions of client and server";
    /// The body does not decode as the operation's result.
    RESULT_MALFORMED = QUORB | 24 on Marshal, "the result does not decode", "compare the interface definitions of client and server";
    /// The peer answered that it did not understand the message.
    NOT_UNDERSTOOD = QUORB | 35 on Marshal, "the peer did not understand the message, or could not write its reply", "the message may exceed a limit of the peer (omniORB's giopMaxMsgSize is 2 MiB unless it is set)";
    /// A value could not be encoded.
    VALUE_NOT_ENCODABLE = QUORB | 25 on Marshal, "a value could not be encoded", "";
    /// A duplicate request whose outcome is forgotten.
    OUTCOME_FORGOTTEN = QUORB | 26 on Transient, "the request was received before and its outcome is no longer known here", "read the object's state before repeating the update";
    /// The server does not know the client any more, or not in this life. The broker begins another one by itself.
    CLIENT_FORGOTTEN = QUORB | 36 on Transient, "the server does not know any more which updates of this client it has executed", "retry: the broker goes on under a new identity";
    /// Forwarding did not end.
    TOO_MANY_FORWARDS = QUORB | 27 on Transient, "the reference was forwarded too many times", "the servers forward in a circle";
    /// The call was cancelled.
    CALL_CANCELLED = QUORB | 28 on Transient, "the call was cancelled by its caller", "";
    /// The broker has shut down.
    BROKER_STOPPED = QUORB | 29 on BadInvOrder, "the broker has been shut down", "";
    /// A listening address could not be opened.
    CANNOT_LISTEN = QUORB | 30 on Initialize, "a listening address could not be opened", "";
    /// The object id is already in use, or was used before.
    ID_IN_USE = QUORB | 31 on ObjAdapter, "the object id is in use", "choose another id, or deactivate the object first";
    /// The object is of another interface.
    WRONG_INTERFACE = QUORB | 32 on InvObjref, "the object does not support the interface", "";
    /// The operation is called in a place where it cannot be interpreted.
    MOCK_HAS_NO_ANSWER = QUORB | 33 on NoImplement, "the mock gives no answer for this operation", "";
    /// The caller does not take the replies to its calls.
    REPLIES_NOT_TAKEN = QUORB | 34 on Transient, "the caller does not take the replies to its calls", "read the replies, or raise `replies_bytes_max` on the server";
    /// The server has more to do than it can.
    OVERLOADED = QUORB | 64 on Transient, "the server is overloaded and has shed the call", "call less often or later; the broker does not repeat such calls by itself";
    /// A fault injector refused the call.
    INJECTED = QUORB | 65 on Transient, "a fault injector refused the call", "";
    /// Messages on all connections together take too much memory.
    MEMORY_FULL = QUORB | 66 on Transient, "the messages on all connections of the server take too much memory", "retry after a pause, or raise `buffers_bytes_max` on the server";
    /// Too many calls of a chain wait for each other.
    CALLS_TOO_DEEP = QUORB | 40 on ImpLimit, "too many calls of one chain wait for each other", "objects may be calling each other without end; else raise `call_depth_max` on the server";
    /// The object can only be reached by a protocol that carries no streams.
    STREAMS_NEED_NATIVE = QUORB | 42 on NoImplement, "only the native protocol carries streams", "call through a reference that offers it, with a broker that prefers it; GIOP takes the octets as `Vec<u8>`, in parts if they are many";
    /// An update of a replicated object, which every replica executes, cannot carry a stream, which is read once.
    STREAMS_NOT_ORDERED = QUORB | 46 on NoImplement, "updates of a replicated object carry no streams", "send the octets as `Vec<u8>`, in parts if they are many; queries carry streams";
    /// Calls come over connections that this broker has opened, and it takes none there.
    CALLBACKS_OFF = QUORB | 41 on NoPermission, "the broker takes no calls on connections that it has opened", "allow them with `OrbBuilder::callbacks`, or let it listen";
    /// The character set of the connection has no such character.
    CHARACTER_LOST = OMG | 1 on DataConversion, "a character has no place in the code set of the connection", "use a reference that carries code sets (an IOR rather than a corbaloc address), and a peer whose own code set has the character";
    /// OMG MARSHAL 1: a value of a type that its receiver has no code for.
    NO_VALUE_FACTORY = OMG | 1 on Marshal, "its receiver has no code for the type of a value", "register the type there: `quorb::value::valuetype::register`, in other brokers a value factory";
    /// Client and server share no code set.
    NO_COMMON_CODE_SET = OMG | 1 on CodesetIncompatible, "client and server share no code set", "";
    /// Wide characters were not negotiated.
    NO_WIDE_CHARACTERS = OMG | 2 on InvObjref, "wide characters were not negotiated on this connection", "use an IOR that carries code sets";
}

impl std::fmt::Display for Minor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_phrase_only_on_its_own_kind() {
        assert!(Minor::SERVANT_PANICKED.phrase(ExceptionKind::Unknown).is_some());
        assert_eq!(Minor::SERVANT_PANICKED.phrase(ExceptionKind::Marshal), None);
        assert_eq!(Minor(0x5454_0001).phrase(ExceptionKind::Marshal), None);
    }

    #[test]
    fn an_empty_hint_is_no_hint() {
        assert_eq!(Minor::NIL_REFERENCE.hint(ExceptionKind::InvObjref), None);
        assert!(Minor::NOT_REACHABLE.hint(ExceptionKind::Transient).is_some());
    }
}
