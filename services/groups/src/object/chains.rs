//! Chains of calls that come back to the replicated object that they are inside.
//!
//! A query that calls holds this member's copy meanwhile: updates wait for it. What comes back from there must not wait for those
//! updates: a query reads what the first one reads, an update is refused, as it is by an object of one process.

use quorb::adapter::{Dispatch, Invocation, dispatch};
use quorb::proto::head::{ChainId, Completion};
use quorb::{Context, ExceptionKind, Minor, Servant, SystemException};
use std::sync::{Arc, Mutex, PoisonError};

/// Chains whose queries run at this member and may call. Most queries end at once, and leave no trace here.
#[derive(Debug, Default, Clone)]
pub(super) struct Chains(Arc<Mutex<Vec<ChainId>>>);

impl Chains {
    /// Lets a query begin, and remembers its chain as long as it runs.
    pub(super) fn dispatch(&self, servant: Arc<dyn Servant>, call: Invocation) -> Dispatch {
        let chain = call.context().chain();
        match dispatch(servant, call) {
            Dispatch::Pending(query) => {
                let inside = self.enter(chain);
                Dispatch::Pending(Box::pin(async move {
                    let _inside = inside;
                    query.await
                }))
            }
            done => done,
        }
    }

    /// Whether a call comes from one of them.
    pub(super) fn has(&self, context: &Context) -> bool {
        context.depth() > 0
            && self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&context.chain())
    }

    fn enter(&self, chain: ChainId) -> Inside {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(chain);
        Inside { chains: self.clone(), chain }
    }
}

/// A query that runs.
struct Inside {
    chains: Chains,
    chain: ChainId,
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut chains = self.chains.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = chains.iter().position(|chain| *chain == self.chain) {
            chains.swap_remove(at);
        }
    }
}

/// The call would wait for what waits for it.
pub(super) fn reentered(chain: ChainId) -> SystemException {
    SystemException::new(ExceptionKind::BadInvOrder, Minor::CHAIN_REENTERED, Completion::No)
        .because(quorb::proto::gate::GateRefusal::Reentrant { chain })
}
