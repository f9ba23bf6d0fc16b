//! Attributes kept at the client.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quorb::intercept::{AttributeCache, AttributeCacheLimits, AttributeVersions};
use quorb::{Orb, Preference, Proxy};

use crate::desk::{DeskProxy, Office, Way, every_way};

const AGE: Duration = Duration::from_secs(5);

struct Cached {
    office: Office,
    cache: Arc<AttributeCache>,
    versions: Arc<AttributeVersions>,
    /// A client of the same desk, without a cache.
    other: DeskProxy,
}

impl Cached {
    /// `versioned`: the server says versions.
    async fn open(way: Way, versioned: bool, limits: AttributeCacheLimits) -> Cached {
        let cache = Arc::new(AttributeCache::with_limits(AGE, limits));
        let versions = Arc::new(AttributeVersions::default());
        let (calling, serving) = (cache.clone(), versions.clone());
        let serving =
            |builder: quorb::OrbBuilder| if versioned { builder.intercept_service(serving) } else { builder };
        let office = Office::open(way, serving, |builder| builder.intercept_calls(calling)).await;
        let other = Orb::builder().memory(&office.network).prefer(Preference::NativeOnly);
        let other: DeskProxy = other.start().await.unwrap().bind(&office.desk.object().to_string()).unwrap();
        Cached { office, cache, versions, other }
    }

    fn executed(&self) -> u32 {
        self.office.seen.executed.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn a_getter_is_called_once_until_the_value_is_too_old() {
    every_way(async |way| {
        let cached = Cached::open(way, false, AttributeCacheLimits::default()).await;
        for _ in 0..5 {
            assert_eq!(cached.office.desk.label().await.unwrap(), "");
        }
        assert_eq!(cached.executed(), 1, "{way:?}");
        let counts = cached.cache.counts();
        assert_eq!((counts.hits, counts.misses, counts.objects), (4, 1, 1));
        // Methods are no attributes.
        cached.office.desk.value().await.unwrap();
        cached.office.desk.value().await.unwrap();
        assert_eq!(cached.executed(), 3);
        tokio::time::advance(AGE).await;
        cached.office.desk.label().await.unwrap();
        assert_eq!(cached.executed(), 4);
        cached.cache.clear();
        cached.office.desk.label().await.unwrap();
        assert_eq!(cached.executed(), 5);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_has_changed_an_object_never_sees_its_old_state() {
    every_way(async |way| {
        for versioned in [false, true] {
            let cached = Cached::open(way, versioned, AttributeCacheLimits::default()).await;
            let desk = &cached.office.desk;
            for text in ["a", "b", "c"] {
                desk.set_label(text.to_owned()).await.unwrap();
                assert_eq!(desk.label().await.unwrap(), text, "{way:?}");
                assert_eq!(desk.label().await.unwrap(), text, "{way:?}");
            }
            assert_eq!(cached.executed(), 3, "{way:?}, {versioned}");
            // An operation that may change it counts as one that does.
            desk.add(1).await.unwrap();
            desk.label().await.unwrap();
            assert_eq!(cached.executed(), 5, "{way:?}, {versioned}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_change_by_somebody_else_is_noticed_with_the_next_reply() {
    every_way(async |way| {
        let cached = Cached::open(way, true, AttributeCacheLimits::default()).await;
        let desk = &cached.office.desk;
        assert_eq!(desk.label().await.unwrap(), "");
        cached.other.set_label("theirs".to_owned()).await.unwrap();
        // Nothing has told this client yet.
        assert_eq!(desk.label().await.unwrap(), "");
        desk.value().await.unwrap();
        assert_eq!(desk.label().await.unwrap(), "theirs", "{way:?}");
        assert_eq!(desk.label().await.unwrap(), "theirs", "{way:?}");
        let before = cached.executed();
        cached.versions.touch(&cached.office.server, desk.object());
        desk.value().await.unwrap();
        desk.label().await.unwrap();
        assert_eq!(cached.executed(), before + 2, "{way:?}: a servant that changed by itself");
        assert_eq!(cached.cache.counts().invalidations, 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded() {
    let mut limits = AttributeCacheLimits::default();
    (limits.objects_max, limits.value_bytes_max) = (2, 16);
    let cached = Cached::open(Way::Native, false, limits).await;
    let desk = &cached.office.desk;
    desk.set_label("x".repeat(100)).await.unwrap();
    desk.label().await.unwrap();
    desk.label().await.unwrap();
    assert_eq!(cached.executed(), 2, "a large value is not kept");
    for number in 0..10 {
        let plain = crate::desk::Plain::default();
        let own =
            cached.office.server.serve(&number.to_string(), crate::desk::DeskServant::new(plain)).unwrap();
        let desk: DeskProxy = cached.office.client.bind(&own.object().to_string()).unwrap();
        desk.label().await.unwrap();
        assert!(cached.cache.counts().objects <= 2);
    }
}

/// A getter that is under way while the object changes must not leave the old value behind.
#[tokio::test]
async fn a_value_from_before_a_change_is_not_kept_after_it() {
    use quorb::Reply;
    use quorb::intercept::{ServerCall, ServerInterceptor, ServerNext};
    /// Holds the replies to getters back.
    struct Hold(Arc<tokio::sync::Semaphore>, Arc<tokio::sync::Semaphore>);
    impl ServerInterceptor for Hold {
        async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
            let is_getter = call.operation() == "_get_label";
            let reply = next.run(call).await;
            if is_getter {
                self.0.add_permits(1);
                self.1.acquire().await.unwrap().forget();
            }
            reply
        }
    }
    let cache = Arc::new(AttributeCache::new(AGE));
    let (read, go) = (Arc::new(tokio::sync::Semaphore::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
    let (calling, hold) = (cache.clone(), Hold(read.clone(), go.clone()));
    let office = Office::open(
        Way::Native,
        |builder| builder.intercept_service(hold),
        |builder| builder.intercept_calls(calling),
    )
    .await;
    let desk = office.desk.clone();
    let old = tokio::spawn(async move { desk.label().await.unwrap() });
    read.acquire().await.unwrap().forget();
    office.desk.set_label("new".to_owned()).await.unwrap();
    go.add_permits(2);
    assert_eq!(old.await.unwrap(), "");
    assert_eq!(office.desk.label().await.unwrap(), "new");
}
