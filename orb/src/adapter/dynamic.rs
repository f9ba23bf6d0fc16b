//! Servants of interfaces that are known only at run time: gateways, recorders, test doubles.

use std::future::Future;
use std::sync::Arc;

use ciborium::Value;

use super::{Context, Dispatch, Invocation, Servant};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, SystemException};
use crate::model::{Direction, Interface, InterfaceDesc, OperationDesc, TypeCatalogue, TypeDesc};
use crate::object::DynamicException;
use crate::value::dynamic::Types;
use crate::value::{BodyError, BodyReader, BodyWriter};

/// A call of an object whose interface is known only at run time.
#[derive(Debug)]
pub struct DynamicCall {
    /// The operation, as the interface describes it.
    pub operation: &'static OperationDesc,
    /// The `in` and `inout` arguments in order, as [dynamic values](crate::value::dynamic); null for one with a default
    /// that the caller left out.
    pub arguments: Vec<Value>,
    /// The circumstances of the call.
    pub context: Context,
}

/// What an operation answers: its result, if it has one, then the `inout` and `out` parameters in order; or an exception
/// that it declares, or a system exception.
pub type DynamicOutcome = Result<Vec<Value>, Fault<DynamicException>>;

/// Serves an interface that is described at run time by a function of calls.
///
/// Calls run beside each other: whatever the function reaches must lock for itself, as CORBA's dynamic skeletons do. In
/// everything else the object is like others: at most once, deadlines, cancellation, both protocols.
///
/// ```
/// use quorb::adapter::{DynamicCall, DynamicServant};
/// use quorb::model::Interface;
/// # use quorb::{Orb, interface};
/// # #[interface]
/// # trait Greeter { fn greet(&self, name: &str) -> String; }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let description = <GreeterProxy as quorb::Proxy>::interface().describe().clone();
/// // From a server's metadata, a file, a repository:
/// let interface = Interface::described(description);
/// let servant = DynamicServant::new(interface, async |call: DynamicCall| {
///     let name = call.arguments[0].as_text().unwrap_or("nobody");
///     Ok(vec![format!("{}: hello, {name}", call.operation.name).into()])
/// });
/// # let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
/// let object = orb.adapter().activate_servant("greeter", std::sync::Arc::new(servant))?;
/// # let greeter = <GreeterProxy as quorb::Proxy>::from_object(object);
/// assert_eq!(greeter.greet("you").await?, "greet: hello, you");
/// # Ok(()) }
/// ```
pub struct DynamicServant<F> {
    interface: &'static Interface,
    answer: F,
}

impl<F, A> DynamicServant<F>
where
    F: Fn(DynamicCall) -> A + Send + Sync + 'static,
    A: Future<Output = DynamicOutcome> + Send + 'static,
{
    /// Serves `interface` with `answer`.
    pub fn new(interface: &'static Interface, answer: F) -> DynamicServant<F> {
        DynamicServant { interface, answer }
    }
}

impl<F> std::fmt::Debug for DynamicServant<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamicServant").field("interface", &self.interface.id()).finish_non_exhaustive()
    }
}

impl<F, A> Servant for DynamicServant<F>
where
    F: Fn(DynamicCall) -> A + Send + Sync + 'static,
    A: Future<Output = DynamicOutcome> + Send + 'static,
{
    fn interface(&self) -> &'static Interface {
        self.interface
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        let interface = self.interface.describe();
        let Some(operation) = interface.operation(call.operation()) else {
            return Dispatch::Done(call.unknown_operation());
        };
        let arguments = match call.read(|body| read_arguments(operation, interface, body)) {
            Ok(arguments) => arguments,
            Err(exception) => return Dispatch::Done(call.refuse(exception)),
        };
        let context = call.context().clone();
        let answered = (self.answer)(DynamicCall { operation, arguments, context });
        Dispatch::Pending(Box::pin(async move {
            let outcome = answered.await.map(|values| Results { values, operation, interface });
            match outcome.map_err(|fault| declared(fault, operation, interface)) {
                Err(Ok(exception)) => call.finish::<Results, _>(Err(Fault::User(exception)), Results::write),
                Err(Err(exception)) => call.refuse(exception),
                Ok(results) => call.finish::<_, Exception>(Ok(results), Results::write),
            }
        }))
    }
}

fn read_arguments(
    operation: &OperationDesc,
    interface: &InterfaceDesc,
    body: &mut BodyReader<'_>,
) -> Result<Vec<Value>, BodyError> {
    let types = Types::new(&interface.types);
    let parameters = operation.signature.parameters.iter();
    let sent = parameters.filter(|parameter| parameter.direction != Direction::Out);
    sent.map(|parameter| match body.next_dynamic(&parameter.name, &parameter.ty, types) {
        Err(BodyError::Missing(_)) if parameter.optional => Ok(Value::Null),
        read => read,
    })
    .collect()
}

/// The exception as one of those that the operation declares; the system exception for any other.
fn declared(
    fault: Fault<DynamicException>,
    operation: &'static OperationDesc,
    interface: &'static InterfaceDesc,
) -> Result<Exception, SystemException> {
    let exception = match fault {
        Fault::User(exception) => exception,
        Fault::System(exception) => return Err(exception),
    };
    let is_it = |ty: &&TypeDesc| matches!(ty, TypeDesc::Named(id) if *id == exception.id);
    match operation.signature.raises.iter().find(is_it) {
        Some(ty) => Ok(Exception { members: exception.members, ty, interface }),
        None => {
            Err(SystemException::new(ExceptionKind::Unknown, Minor::UNDECLARED_EXCEPTION, Completion::Yes)
                .because(exception.id))
        }
    }
}

/// What a call answers, with what is needed to write it.
struct Results {
    values: Vec<Value>,
    operation: &'static OperationDesc,
    interface: &'static InterfaceDesc,
}

impl Results {
    fn write(&self, body: &mut BodyWriter) -> Result<(), BodyError> {
        let signature = &self.operation.signature;
        let returned = |direction| signature.parameters.iter().filter(move |p| p.direction == direction);
        let result = signature.result.iter().map(|ty| ("result", ty));
        let parameters = returned(Direction::InOut).chain(returned(Direction::Out));
        let mut expected = result.chain(parameters.map(|parameter| (parameter.name.as_str(), &parameter.ty)));
        body.items(self.values.len());
        for (given, value) in self.values.iter().enumerate() {
            let (name, ty) = expected.next().ok_or(BodyError::Surplus(self.values.len() - given))?;
            body.put_dynamic(value, ty, Types::new(&self.interface.types))
                .map_err(|cause| BodyError::Value { name: name.to_owned(), cause: Box::new(cause) })?;
        }
        match expected.next() {
            Some((missing, _)) => Err(BodyError::Missing(missing.to_owned())),
            None => Ok(()),
        }
    }
}

/// A declared exception, with what is needed to write it.
struct Exception {
    members: Value,
    ty: &'static TypeDesc,
    interface: &'static InterfaceDesc,
}

impl Raises for Exception {
    fn repository_id(&self) -> &'static str {
        match self.ty {
            TypeDesc::Named(id) => id,
            _ => "",
        }
    }

    fn write_members(&self, body: &mut BodyWriter) -> Result<(), BodyError> {
        body.put_dynamic(&self.members, self.ty, Types::new(&self.interface.types))
    }

    fn read_members(_: &str, _: &mut BodyReader<'_>) -> Option<Result<Self, BodyError>> {
        None
    }

    fn describe(_: &mut TypeCatalogue) -> Vec<TypeDesc> {
        Vec::new()
    }
}
