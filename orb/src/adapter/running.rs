//! Which call is being executed here.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{CallState, Context, Peer};
use crate::model::Operation;
use crate::proto::head::ChainId;
use crate::runtime::Orb;

tokio::task_local! {
    /// The call that the current task executes, or the current thread on its own.
    pub(crate) static CURRENT: Running;
}

/// The context of the direct call that is being executed.
pub fn executed_here() -> Context {
    CURRENT.with(Running::context)
}

/// A call that is being executed.
pub(crate) enum Running {
    Given(Context),
    /// Most methods never ask for their context: it is made when somebody does.
    Direct(DirectCall),
}

impl Running {
    pub(crate) fn context(&self) -> Context {
        match self {
            Running::Given(context) => context.clone(),
            Running::Direct(call) => call.context().clone(),
        }
    }
}

/// A call whose servant's method is run without an invocation.
pub(crate) struct DirectCall {
    pub(crate) place: Arc<Place>,
    pub(crate) operation: &'static Operation,
    pub(crate) chain: ChainId,
    pub(crate) deadline: DirectDeadline,
    /// The call that makes this one.
    pub(crate) parent: Option<Context>,
    pub(crate) made: OnceCell<Context>,
}

/// An object in this process, as calls see it.
#[derive(Debug)]
pub(crate) struct Place {
    /// The broker that serves it; none for local proxies.
    pub(crate) orb: Option<Orb>,
    pub(crate) object_key: Bytes,
}

/// When a direct call is to have ended. Its method does not wait, so that only itself can want to know: the clock is read
/// when it does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DirectDeadline {
    At(Instant),
    Within(Duration),
}

impl DirectCall {
    fn context(&self) -> &Context {
        self.made.get_or_init(|| {
            let (key, operation) = (self.place.object_key.clone(), self.operation.name);
            let operation = Bytes::from_static(operation.as_bytes());
            let mut state = CallState::new(Peer::collocated(), key, operation, self.chain);
            state.deadline = Some(match self.deadline {
                DirectDeadline::At(deadline) => deadline,
                DirectDeadline::Within(limit) => Instant::now() + limit,
            });
            state.orb.clone_from(&self.place.orb);
            if let Some(parent) = &self.parent {
                state.depth = parent.depth().saturating_add(1);
                state.trace = parent.trace().cloned();
            }
            state.start(&self.operation.behaviour);
            Context(Arc::new(state))
        })
    }
}
