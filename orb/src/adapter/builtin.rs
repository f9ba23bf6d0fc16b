//! The operations that every object has.

use super::{Dispatch, Invocation, Reply, Servant};
use crate::exception::{Completion, ExceptionKind, Minor, SystemException};
use crate::repository;
use crate::value::{BodyError, BodyWriter, IdlType};

/// Answers with the interface as [`InterfaceDesc`](crate::model::InterfaceDesc), in CBOR, as a sequence of octets.
pub(crate) const METADATA_OPERATION: &str = "_quorb_metadata";

/// Answers an operation that every object has (CORBA 3.3 Part 2, 9.4.2.2 lists the names on the wire); `None` if it is an
/// operation of the interface.
pub(crate) fn answer(servant: &dyn Servant, call: &Invocation) -> Option<Dispatch> {
    // Every name of these starts with an underscore, and so do the attributes', which are the servant's business.
    let name = call.operation().strip_prefix('_')?;
    let reply = match name {
        "is_a" => match call.read(|body| body.next::<String>("logical_type_id")) {
            Ok(id) => result(call, &servant.interface().is_a(&id)),
            Err(exception) => call.refuse(exception),
        },
        "non_existent" | "not_existent" => result(call, &false),
        "repository_id" => result(call, &servant.interface().id().to_owned()),
        "quorb_metadata" => {
            let mut octets = Vec::new();
            ciborium::into_writer(servant.interface().describe(), &mut octets)
                .expect("a description is always encodable");
            result(call, &octets)
        }
        "interface" => match &call.context().0.orb {
            Some(orb) => result(call, &repository::definition_of(orb, servant.interface())),
            None => call.refuse(not_here("an object without a broker is in no interface repository")),
        },
        "component" | "domain_managers" => {
            call.refuse(not_here("this broker has no components and no domain managers"))
        }
        _ => return None,
    };
    Some(Dispatch::Done(reply))
}

fn not_here(reason: &'static str) -> SystemException {
    SystemException::new(ExceptionKind::NoImplement, Minor::UNSPECIFIED, Completion::No).because(reason)
}

/// The reply of an operation with this result and no other.
pub(crate) fn result<T: IdlType>(call: &Invocation, value: &T) -> Reply {
    call.finish::<_, std::convert::Infallible>(
        Ok(value),
        |value, body: &mut BodyWriter| -> Result<(), BodyError> {
            body.items(1);
            body.put(*value)
        },
    )
}
