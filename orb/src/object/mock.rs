//! Objects that a test answers for.

use std::sync::Arc;

use crate::adapter::{Dispatch, Invocation, Reply, Servant};
use crate::exception::{Completion, ExceptionKind, Fault, Minor, Raises, SystemException};
use crate::model::Interface;
use crate::value::{BodyError, BodyReader, IdlType};

/// A call that a mock answers.
#[derive(Debug)]
pub struct MockCall(Invocation);

impl MockCall {
    /// The operation's name on the wire: `get`, `_get_height`.
    pub fn operation(&self) -> &str {
        self.0.operation()
    }

    /// The circumstances of the call.
    pub fn context(&self) -> &crate::adapter::Context {
        self.0.context()
    }

    /// Decodes the arguments: `call.arguments(|a| Ok((a.next::<i16>("n")?, a.next::<i16>("m")?)))`.
    ///
    /// # Errors
    /// MARSHAL if they do not decode as the given types.
    pub fn arguments<A>(
        &self,
        read: impl FnOnce(&mut BodyReader<'_>) -> Result<A, BodyError>,
    ) -> Result<A, SystemException> {
        self.0.read(read)
    }

    /// Answers with one result.
    pub fn reply<T: IdlType>(&self, result: &T) -> Reply {
        self.0.finish::<_, std::convert::Infallible>(Ok(result), |result, body| {
            body.items(1);
            body.put(*result)
        })
    }

    /// Answers without a result.
    pub fn reply_nothing(&self) -> Reply {
        self.0.finish::<_, std::convert::Infallible>(Ok(()), |(), body| {
            body.items(0);
            Ok(())
        })
    }

    /// Raises an exception, declared or not.
    pub fn raise<E: Raises>(&self, fault: impl Into<Fault<E>>) -> Reply {
        self.0.finish(Err::<(), _>(fault.into()), |(), _| Ok(()))
    }

    /// Says that the test has no answer: the caller gets NO_IMPLEMENT.
    pub fn unanswered(&self) -> Reply {
        self.0.refuse(SystemException::new(
            ExceptionKind::NoImplement,
            Minor::MOCK_HAS_NO_ANSWER,
            Completion::No,
        ))
    }
}

/// A servant whose calls are answered by a function.
pub(super) struct Mock<F> {
    interface: &'static Interface,
    answer: F,
}

impl<F> Mock<F> {
    pub(super) fn new(interface: &'static Interface, answer: F) -> Mock<F> {
        Mock { interface, answer }
    }
}

impl<F: Fn(&MockCall) -> Reply + Send + Sync + 'static> Servant for Mock<F> {
    fn interface(&self) -> &'static Interface {
        self.interface
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        Dispatch::Done((self.answer)(&MockCall(call)))
    }
}
