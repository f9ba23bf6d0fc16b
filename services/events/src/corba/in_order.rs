//! A servant whose calls begin in the order in which they came.

use std::any::TypeId;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use quorb::adapter::{Dispatch, Facet, Invocation, Location, Servant, Tie, Usher};
use quorb::model::Interface;

/// Takes the first step of each call where the call is read, before the next one is read.
///
/// The broker runs a method that waits in a task of its own, and tasks begin in any order. A supplier that has several
/// events under way on one connection means them in the order in which it has sent them; what a method does before it
/// first waits is done in that order here.
pub(super) struct InOrder<S>(Arc<S>);

impl<S: Tie> InOrder<S> {
    pub(super) fn new(servant: S) -> InOrder<S> {
        InOrder(Arc::new(servant))
    }
}

impl<S: Tie> Servant for InOrder<S> {
    fn interface(&self) -> &'static Interface {
        self.0.interface()
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        let mut future = match self.0.clone().dispatch(call) {
            Dispatch::Pending(future) => future,
            done => return done,
        };
        // Nobody is to be woken: whoever drives it from here on takes the next step at once.
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reply) => Dispatch::Done(reply),
            Poll::Pending => Dispatch::Pending(future),
        }
    }

    fn reactivate(&self) {
        self.0.reactivate();
    }

    fn remembers(&self) -> bool {
        self.0.remembers()
    }

    fn facet(&self, of: TypeId) -> Option<Facet> {
        self.0.facet(of)
    }

    fn usher(&self) -> Option<Weak<dyn Usher>> {
        self.0.usher()
    }

    fn location(&self) -> Location {
        self.0.location()
    }
}

impl<S: Tie> Tie for InOrder<S> {
    type Proxy = S::Proxy;
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use quorb::{Any, Fault, Orb, Proxy};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::cos::{Disconnected, PushConsumer, PushConsumerProxy, PushConsumerServant};

    /// Notes in which task each call has begun, and waits until it is let go on.
    #[derive(Clone)]
    struct Noting {
        begun: Arc<Mutex<Vec<(u32, tokio::task::Id)>>>,
        go_on: Arc<Semaphore>,
    }

    impl PushConsumer for Noting {
        async fn push(&self, data: &Any) -> Result<(), Fault<Disconnected>> {
            self.begun.lock().unwrap().push((data.get().unwrap(), tokio::task::id()));
            self.go_on.acquire().await.unwrap().forget();
            Ok(())
        }

        async fn disconnect_push_consumer(&self) {}
    }

    /// The task that reads a connection begins all its calls: none can overtake another one.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn what_waits_has_begun_in_the_task_that_reads_and_ends_all_the_same() {
        const CALLS: u32 = 64;
        let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let noting = Noting { begun: Arc::default(), go_on: Arc::new(Semaphore::new(0)) };
        let here = server.adapter().activate(InOrder::new(PushConsumerServant::new(noting.clone())));
        let client = Orb::client().await.unwrap();
        let there: PushConsumerProxy = client.bind(&here.object().to_string()).unwrap();
        // It opens the connection.
        noting.go_on.add_permits(1);
        there.push(&Any::new(&0u32).unwrap()).await.unwrap();
        let calls: Vec<_> =
            (1..CALLS).map(|number| there.deferred().push(Any::new(&number).unwrap())).collect();
        noting.go_on.add_permits(CALLS as usize);
        for call in calls {
            tokio::time::timeout(Duration::from_secs(60), call).await.unwrap().unwrap();
        }
        let begun = noting.begun.lock().unwrap().clone();
        assert_eq!(
            begun.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            (0..CALLS).collect::<Vec<_>>()
        );
        assert!(begun.iter().all(|(_, task)| *task == begun[0].1), "{begun:?}");
        client.shutdown(Duration::ZERO).await;
        server.shutdown(Duration::ZERO).await;
    }
}
