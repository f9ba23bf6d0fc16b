//! What a call within a process costs.

use super::*;

/// The allocations of one call.
fn allocations<T>(call: impl Future<Output = T>) -> u64 {
    let mut call = std::pin::pin!(call);
    let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
    let counted = allocation_counter::measure(|| assert!(call.as_mut().poll(&mut nobody).is_ready()));
    counted.count_total
}

#[tokio::test]
async fn plain_methods_allocate_nothing() {
    let World { own, .. } = World::new(Way::Direct).await;
    let local = quorb::Tie::into_local_proxy(TillServant::new(Drawer::default()));
    for till in [own, local] {
        // The first call finds the servant.
        till.add(1).await.unwrap();
        till.base().await.unwrap();
        assert_eq!(allocations(till.add(1)), 0);
        assert_eq!(allocations(till.total()), 0);
        assert_eq!(allocations(till.set_total(5)), 0);
        assert_eq!(allocations(till.tell(5)), 0);
        assert_eq!(allocations(till.as_base().base()), 0);
        assert_eq!(allocations(till.base()), 0, "by the base's proxy");
        assert_eq!(allocations(till.size(Size::Small)), 0);
        assert_eq!(allocations(till.depth(&Branch { children: vec![] })), 0);
        assert_eq!(allocations(till.echo("text")), 1, "the servant's own");
        let reason = "owned".to_owned();
        assert_eq!(allocations(till.refuse(reason)), 0, "it is moved there and back");
        assert_eq!(till.total().await.unwrap(), 10);
    }
}
