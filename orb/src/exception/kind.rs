//! The kinds of system exception that the OMG defines.

/// Generates [`ExceptionKind`] from one table: name, repository id and the default advice stand together.
macro_rules! exception_kinds {
    ($($(#[$doc:meta])* $name:ident = $omg:literal, $advice:ident;)*) => {
        /// The kind of a system exception (CORBA 3.3 Part 1, annex A.4).
        ///
        /// An exception of a kind that is not in this list arrives as [`ExceptionKind::Unknown`], as the standard
        /// demands; its repository id is kept in the report's detail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ExceptionKind {
            $($(#[$doc])* $name,)*
        }

        impl ExceptionKind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [ExceptionKind] = &[$(ExceptionKind::$name,)*];

            /// The OMG name, for example `COMM_FAILURE`.
            pub const fn omg_name(self) -> &'static str {
                match self { $(ExceptionKind::$name => $omg,)* }
            }

            /// The repository id, for example `IDL:omg.org/CORBA/COMM_FAILURE:1.0`.
            pub const fn repository_id(self) -> &'static str {
                match self { $(ExceptionKind::$name => concat!("IDL:omg.org/CORBA/", $omg, ":1.0"),)* }
            }

            /// The kind behind a repository id, if it is one of ours.
            pub fn from_repository_id(id: &str) -> Option<ExceptionKind> {
                let name = id.strip_prefix("IDL:omg.org/CORBA/")?.strip_suffix(":1.0")?;
                ExceptionKind::ALL.iter().copied().find(|kind| kind.omg_name() == name)
            }

            /// What a caller can usually do about this kind.
            pub const fn advice(self) -> super::Advice {
                match self { $(ExceptionKind::$name => super::Advice::$advice,)* }
            }
        }
    };
}

exception_kinds! {
    /// The servant failed in a way its interface does not declare (it panicked, or raised an undeclared exception).
    Unknown = "UNKNOWN", Report;
    /// An argument has a value that the operation or the broker cannot accept.
    BadParam = "BAD_PARAM", Fix;
    /// Memory ran out.
    NoMemory = "NO_MEMORY", Retry;
    /// A limit of the implementation was exceeded; the minor code and the report name the limit and the side.
    ImpLimit = "IMP_LIMIT", Fix;
    /// The connection broke while the call was under way; the completion status says whether it may have run.
    CommFailure = "COMM_FAILURE", Retry;
    /// The reference is malformed, nil, or bound to no broker.
    InvObjref = "INV_OBJREF", Fix;
    /// The caller lacks the permission.
    NoPermission = "NO_PERMISSION", Fix;
    /// The broker found itself in a state that should not exist.
    Internal = "INTERNAL", Report;
    /// A message or value could not be encoded or decoded.
    Marshal = "MARSHAL", Report;
    /// The broker could not start.
    Initialize = "INITIALIZE", Fix;
    /// The operation exists but is not implemented.
    NoImplement = "NO_IMPLEMENT", Fix;
    /// A type code is malformed.
    BadTypecode = "BAD_TYPECODE", Report;
    /// The object has no such operation.
    BadOperation = "BAD_OPERATION", Fix;
    /// A resource other than memory ran out.
    NoResources = "NO_RESOURCES", Retry;
    /// The response of a deferred call is not there yet.
    NoResponse = "NO_RESPONSE", Retry;
    /// The persistent store failed.
    PersistStore = "PERSIST_STORE", Report;
    /// A call came at a moment when it is not allowed, for example a chain of calls that re-enters an object it holds.
    BadInvOrder = "BAD_INV_ORDER", Fix;
    /// The object could not be reached or the server is overloaded; nothing was executed if the completion says so.
    Transient = "TRANSIENT", Retry;
    /// Memory could not be freed.
    FreeMem = "FREE_MEM", Report;
    /// An identifier is malformed.
    InvIdent = "INV_IDENT", Fix;
    /// A flag is invalid.
    InvFlag = "INV_FLAG", Fix;
    /// The interface repository failed.
    IntfRepos = "INTF_REPOS", Report;
    /// A context object is invalid.
    BadContext = "BAD_CONTEXT", Fix;
    /// The object adapter refuses: the servant is poisoned, being discarded or wrongly configured.
    ObjAdapter = "OBJ_ADAPTER", Report;
    /// A character has no place in the code set of the connection.
    DataConversion = "DATA_CONVERSION", Fix;
    /// The object does not exist and never will again.
    ObjectNotExist = "OBJECT_NOT_EXIST", Rebind;
    /// The operation requires a transaction.
    TransactionRequired = "TRANSACTION_REQUIRED", Fix;
    /// The transaction of the call was rolled back.
    TransactionRolledback = "TRANSACTION_ROLLEDBACK", Retry;
    /// The transaction of the call is invalid.
    InvalidTransaction = "INVALID_TRANSACTION", Fix;
    /// A policy is invalid or incompatible.
    InvPolicy = "INV_POLICY", Fix;
    /// Client and server share no code set.
    CodesetIncompatible = "CODESET_INCOMPATIBLE", Fix;
    /// The reference must be bound anew but policy forbids doing so silently.
    Rebind = "REBIND", Rebind;
    /// The deadline of the call passed.
    Timeout = "TIMEOUT", Retry;
    /// The transaction service cannot be reached.
    TransactionUnavailable = "TRANSACTION_UNAVAILABLE", Retry;
    /// The transaction mode does not fit the object.
    TransactionMode = "TRANSACTION_MODE", Fix;
    /// A quality of service cannot be given.
    BadQos = "BAD_QOS", Fix;
    /// The activity of the call is invalid.
    InvalidActivity = "INVALID_ACTIVITY", Fix;
    /// The activity of the call has completed.
    ActivityCompleted = "ACTIVITY_COMPLETED", Fix;
    /// The operation requires an activity.
    ActivityRequired = "ACTIVITY_REQUIRED", Fix;
    /// The thread of the call was cancelled.
    ThreadCancelled = "THREAD_CANCELLED", Retry;
}

impl std::fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.omg_name())
    }
}

#[cfg(test)]
mod tests {
    use super::ExceptionKind;

    #[test]
    fn every_kind_is_found_by_its_repository_id() {
        for &kind in ExceptionKind::ALL {
            assert_eq!(ExceptionKind::from_repository_id(kind.repository_id()), Some(kind));
        }
        assert_eq!(ExceptionKind::from_repository_id("IDL:omg.org/CORBA/NO_SUCH:1.0"), None);
        assert_eq!(ExceptionKind::from_repository_id("IDL:Grid/OutOfRange:1.0"), None);
    }
}
