//! Calls whose operation is known only at run time.

use std::fmt;

use ciborium::Value;

use super::ObjectRef;
use super::invoke::{Answer, Outline, undeclared, unreadable};
use crate::exception::{Fault, SystemException};
use crate::model::{Direction, InterfaceDesc, OperationDesc, TypeDesc, simple_name};
use crate::proto::head::OperationName;
use crate::value::dynamic::Types;
use crate::value::{Body, BodyError, BodyReader, BodyWriter};

/// A declared exception that a dynamic call ended in.
#[derive(Debug, Clone, PartialEq)]
pub struct DynamicException {
    /// The repository id, for example `IDL:Grid/OutOfRange:1.0`.
    pub id: String,
    /// The members, as a dynamic value of the exception's type.
    pub members: Value,
}

impl fmt::Display for DynamicException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", simple_name(&self.id), self.id)
    }
}

impl std::error::Error for DynamicException {}

impl ObjectRef {
    /// Calls an operation that is described at run time, such as by [`describe`](ObjectRef::describe): what tools and bridges
    /// use where programs have generated proxies.
    ///
    /// `arguments` are the `in` and `inout` parameters in order, as [dynamic values](crate::value::dynamic); trailing ones
    /// that have a default may be left out where the object's broker is of our kind. The results are the operation's result,
    /// if it has one, and then the `inout` and `out` parameters in order.
    ///
    /// The native protocol carries such a call as CBOR, so that interface and description need not be of the same version;
    /// IIOP carries it as CDR, so that foreign objects can be called. Deadline, retries and cancellation are those of every
    /// call ([`invoke`](ObjectRef::invoke)), by the behaviour that `operation` declares.
    ///
    /// # Errors
    /// The declared exception; BAD_PARAM, completion No, before anything is sent, if the arguments do not fit the
    /// parameters; else as every call.
    pub async fn call_dynamic(
        &self,
        interface: &InterfaceDesc,
        operation: &OperationDesc,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Fault<DynamicException>> {
        let types = Types::new(&interface.types);
        let write = |body: &mut BodyWriter| write_arguments(operation, arguments, types, body);
        let outline = Outline {
            interface: None,
            operation: OperationName::new(operation.name.clone().into()),
            behaviour: operation.behaviour(),
            as_cbor: true,
            activity: None,
            write: &write,
        };
        let answer = self.exchange(outline).await;
        let ended = match answer.map_err(|exception| exception.in_operation(&operation.name))? {
            None => return Ok(Vec::new()),
            Some(Answer::Results(body)) => read_results(operation, types, &body),
            Some(Answer::User(body)) => match read_exception(operation, types, &body) {
                Ok(Ok(exception)) => return Err(Fault::User(exception)),
                Ok(Err(undeclared)) => return Err(undeclared.in_operation(&operation.name).into()),
                Err(cause) => Err(cause),
            },
        };
        ended.map_err(|cause| unreadable(&cause, &operation.name).into())
    }
}

fn write_arguments(
    operation: &OperationDesc,
    arguments: &[Value],
    types: Types<'_>,
    body: &mut BodyWriter,
) -> Result<(), BodyError> {
    let parameters = operation.signature.parameters.iter();
    let mut inputs = parameters.filter(|parameter| parameter.direction != Direction::Out);
    body.items(arguments.len());
    for (given, argument) in arguments.iter().enumerate() {
        let parameter = inputs.next().ok_or(BodyError::Surplus(arguments.len() - given))?;
        body.put_dynamic(argument, &parameter.ty, types)
            .map_err(|cause| BodyError::Value { name: parameter.name.clone(), cause: Box::new(cause) })?;
    }
    // Only CBOR says how many there are, so that the object can put in what is missing.
    match inputs.find(|parameter| !parameter.optional || matches!(body, BodyWriter::Cdr(_))) {
        Some(missing) => Err(BodyError::Missing(missing.name.clone())),
        None => Ok(()),
    }
}

fn read_results(operation: &OperationDesc, types: Types<'_>, body: &Body) -> Result<Vec<Value>, BodyError> {
    let signature = &operation.signature;
    let returned = |direction| signature.parameters.iter().filter(move |p| p.direction == direction);
    let result = signature.result.iter().map(|ty| ("result", ty));
    let parameters = returned(Direction::InOut).chain(returned(Direction::Out));
    let expected = result.chain(parameters.map(|parameter| (parameter.name.as_str(), &parameter.ty)));
    let mut reader = body.reader();
    reader.items()?;
    let values = expected.map(|(name, ty)| reader.next_dynamic(name, ty, types)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(values)
}

/// The exception in a body, or the one for an exception that the operation does not declare.
fn read_exception(
    operation: &OperationDesc,
    types: Types<'_>,
    body: &Body,
) -> Result<Result<DynamicException, SystemException>, BodyError> {
    let mut reader: BodyReader<'_> = body.reader();
    reader.items()?;
    let id = reader.next::<String>("repository id")?;
    let declared =
        operation.signature.raises.iter().find(|ty| matches!(ty, TypeDesc::Named(named) if *named == id));
    match declared {
        Some(ty) => {
            reader.next_dynamic("exception", ty, types).map(|members| Ok(DynamicException { id, members }))
        }
        None => Ok(Err(undeclared(&id))),
    }
}
