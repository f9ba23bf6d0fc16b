//! What goes with a call: its context, its time, its chain, its broker.

use super::*;

#[tokio::test]
async fn the_context_of_a_call() {
    for way in WAYS {
        let World { till, .. } = World::new(way).await;
        assert_eq!(till.peek().await.unwrap(), ["peek", "till"]);
        assert_eq!(till.seconds_left().await, Ok(5), "{way:?}");
        assert_eq!(till.with_deadline(Duration::from_secs(2)).seconds_left().await, Ok(2));
        assert!(Context::current().is_none(), "nothing is left behind");
    }
    for way in WAYS.into_iter().filter(Way::is_collocated) {
        let World { till, .. } = World::new(way).await;
        let fault = till.with_deadline(Duration::ZERO).add(1).await.unwrap_err();
        assert_eq!(
            (fault.kind(), fault.completed()),
            (Some(ExceptionKind::Timeout), Completion::No),
            "{fault}"
        );
        assert_eq!(till.total().await, Ok(0));
    }
}

#[tokio::test]
async fn the_time_of_the_outer_call_bounds_the_inner() {
    #[interface]
    trait Slow {
        async fn ask(&self, till: TillProxy) -> Result<u64, Fault>;
    }
    struct Asks;
    impl Slow for Asks {
        async fn ask(&self, till: TillProxy) -> Result<u64, Fault> {
            till.seconds_left().await
        }
    }
    for way in WAYS {
        let World { till, server, .. } = World::new(way).await;
        let slow = server.serve("slow", SlowServant::new(Asks)).unwrap();
        assert_eq!(slow.with_deadline(Duration::from_secs(3)).ask(till.clone()).await, Ok(3), "{way:?}");
        assert_eq!(slow.ask(till).await, Ok(5));
    }
}

/// Whoever asks takes part in its caller's chain, and may look at what its caller is looking at.
#[tokio::test]
async fn a_chain_of_queries() {
    for way in WAYS {
        let World { till, .. } = World::new(way).await;
        assert_eq!(till.look_through(till.clone()).await, Ok(0), "{way:?}");
    }
}

#[tokio::test]
async fn the_peer_is_in_the_same_process() {
    for way in WAYS {
        let World { till, .. } = World::new(way).await;
        assert_eq!(till.is_collocated().await, Ok(way.is_collocated()), "{way:?}");
    }
}

#[tokio::test]
async fn a_broker_that_has_stopped() {
    for way in WAYS.into_iter().filter(Way::is_collocated) {
        let World { till, server, .. } = World::new(way).await;
        till.add(1).await.unwrap();
        server.shutdown(Duration::from_secs(1)).await;
        let fault = till.add(1).await.unwrap_err();
        assert_eq!(
            (fault.kind(), fault.completed()),
            (Some(ExceptionKind::BadInvOrder), Completion::No),
            "{way:?}"
        );
    }
}
