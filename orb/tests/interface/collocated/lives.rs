//! Objects and brokers that come and go.

use super::*;

/// An object that is taken out of service is gone at once, though there are proxies that have called it.
#[tokio::test]
async fn objects_that_go_and_come() {
    struct Left(Weak<Gate>);
    for way in WAYS {
        let World { till, own, server, go, .. } = World::new(way).await;
        till.add(1).await.unwrap();
        let left = Left(Arc::downgrade(&go));
        drop(go);
        assert!(server.adapter().deactivate(own.object()));
        assert!(left.0.upgrade().is_none(), "{way:?}: the servant is dropped, proxies or not");
        for _ in 0..2 {
            let fault = till.add(1).await.unwrap_err();
            assert_eq!(fault.kind(), Some(ExceptionKind::ObjectNotExist), "{way:?}: {fault}");
            assert_eq!(fault.completed(), Completion::No);
        }
        for life in 0..20 {
            let again =
                server.serve("till", TillServant::new(Drawer { total: life * 10, ..Drawer::default() }));
            assert_eq!(till.add(1).await, Ok(life * 10 + 1), "{way:?}: another servant");
            assert_eq!(till.as_base().base().await, Ok(7));
            assert!(server.adapter().deactivate(again.unwrap().object()));
        }
    }
}

/// A servant that a locator finds serves one call; the next one asks the locator again.
#[tokio::test]
async fn objects_that_are_found_for_each_call() {
    struct Counting(AtomicU32);
    impl quorb::adapter::ServantLocator for Counting {
        fn locate(&self, _: &str) -> Option<Arc<dyn quorb::Servant>> {
            let total = i64::from(self.0.fetch_add(1, Ordering::SeqCst));
            Some(Arc::new(TillServant::new(Drawer { total, ..Drawer::default() })))
        }
    }
    let orb = Orb::client().await.unwrap();
    orb.adapter().locate_with("row/", Arc::new(Counting(AtomicU32::new(5))));
    let row: TillProxy = orb.adapter().reference("row/1", TillProxy::interface()).unwrap().unchecked();
    for total in 5..8 {
        assert_eq!(row.total().await, Ok(total));
    }
    let active = orb.serve("row/1", TillServant::new(Drawer { total: 100, ..Drawer::default() })).unwrap();
    assert_eq!(row.total().await, Ok(100), "what is active comes first");
    orb.adapter().deactivate(active.object());
    assert_eq!(row.total().await, Ok(8));
}

/// A shutdown waits for a method that another thread is in.
#[tokio::test]
async fn calls_under_way_are_counted() {
    for way in [Way::Direct, Way::General] {
        let World { till, server, go, client, .. } = World::new(way).await;
        let linger = std::thread::spawn({
            let till = till.blocking();
            move || till.linger()
        });
        crate::support::until("it is inside", || go.inside.load(Ordering::SeqCst)).await;
        assert_eq!(server.open_calls().served, 1, "{way:?}");
        let mut shutdown = std::pin::pin!(client.shutdown(Duration::from_secs(60)));
        assert!(futures_poll(shutdown.as_mut()).await.is_none(), "{way:?}: it waits");
        go.open.store(true, Ordering::SeqCst);
        assert_eq!(shutdown.await.calls_abandoned, 0);
        assert_eq!(linger.join().unwrap(), Ok(0));
        assert_eq!(server.open_calls().served, 0);
    }
}

/// Polls a future once.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
