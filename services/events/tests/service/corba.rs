//! OMG's interfaces: all four proxies, every exception, peers that throw, hang and vanish.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{Any, ExceptionKind, Fault, Proxy, SystemException};
use quorb_events::cos::{
    AlreadyConnected, ConnectError, CreateError, Disconnected, EventChannelProxy, KeyComponent,
    NameValuePair, PullConsumerProxy, PullSupplier, PullSupplierProxy, PullSupplierServant, PushConsumer,
    PushConsumerProxy, PushConsumerServant, PushSupplier, PushSupplierProxy, PushSupplierServant, TypeError,
};
use tokio::sync::Notify;

use crate::rig::{Rig, soon};

/// A consumer, and what it does with events.
#[derive(Clone, Default)]
struct Inbox {
    texts: Arc<Mutex<Vec<String>>>,
    changed: Arc<Notify>,
    manner: Manner,
    disconnected: Arc<Mutex<bool>>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Manner {
    #[default]
    Takes,
    /// It throws at every other event.
    Throws,
    /// It never returns.
    Hangs,
}

impl PushConsumer for Inbox {
    async fn push(&self, data: &Any) -> Result<(), Fault<Disconnected>> {
        let count = {
            let mut texts = self.texts.lock().unwrap();
            texts.push(data.get::<String>().unwrap());
            texts.len()
        };
        self.changed.notify_one();
        match self.manner {
            Manner::Takes => Ok(()),
            Manner::Throws if count % 2 == 0 => Err(SystemException::new(
                ExceptionKind::NoResources,
                quorb::Minor::UNSPECIFIED,
                quorb::Completion::Yes,
            )
            .into()),
            Manner::Throws => Ok(()),
            Manner::Hangs => std::future::pending().await,
        }
    }

    async fn disconnect_push_consumer(&self) {
        *self.disconnected.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

impl Inbox {
    async fn holds(&self, count: usize) -> Vec<String> {
        let reached = async {
            loop {
                let texts = self.texts.lock().unwrap().clone();
                if texts.len() >= count {
                    return texts;
                }
                self.changed.notified().await;
            }
        };
        soon("events", reached).await
    }
}

fn text(text: impl Into<String>) -> Any {
    Any::new(&text.into()).unwrap()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

async fn connected(rig: &Rig, channel: &EventChannelProxy, inbox: &Inbox) -> PushConsumerProxy {
    let consumer = rig.client.adapter().activate(PushConsumerServant::new(inbox.clone()));
    let proxy = channel.for_consumers().await.unwrap().obtain_push_supplier().await.unwrap();
    proxy.connect_push_consumer(&consumer).await.unwrap();
    consumer
}

#[tokio::test]
async fn a_supplier_pushes_and_consumers_are_pushed_and_pull() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let inboxes: [Inbox; 3] = Default::default();
    for inbox in &inboxes {
        connected(&rig, &channel, inbox).await;
    }
    let pulled = channel.for_consumers().await.unwrap().obtain_pull_supplier().await.unwrap();
    assert_eq!(pulled.try_pull().await.unwrap_err().user(), Some(&Disconnected));
    pulled.connect_pull_consumer(&PullConsumerProxy::nil()).await.unwrap();
    let supplier = channel.for_suppliers().await.unwrap().obtain_push_consumer().await.unwrap();
    assert_eq!(supplier.push(&text("early")).await.unwrap_err().user(), Some(&Disconnected));
    supplier.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap();
    assert!(!pulled.try_pull().await.unwrap().1);
    for word in numbered(20) {
        supplier.push(&text(word)).await.unwrap();
    }
    for inbox in &inboxes {
        assert_eq!(inbox.holds(20).await, numbered(20));
    }
    for (place, word) in numbered(20).into_iter().enumerate() {
        let event = match place % 2 {
            0 => pulled.pull().await.unwrap(),
            _ => soon("an event", pulled.try_pull()).await.unwrap().0,
        };
        assert_eq!(event.get::<String>().unwrap(), word);
    }
    let report = rig.events.describe("c").await.unwrap();
    assert_eq!((report.corba_peers, report.published), (5, 20));
    rig.end().await;
}

#[tokio::test]
async fn who_connects_twice_or_wrongly_is_told() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let (consumers, suppliers) =
        (channel.for_consumers().await.unwrap(), channel.for_suppliers().await.unwrap());
    let push = suppliers.obtain_push_consumer().await.unwrap();
    push.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap();
    let again = push.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap_err();
    assert_eq!(again.user(), Some(&AlreadyConnected));
    let pull = consumers.obtain_pull_supplier().await.unwrap();
    pull.connect_pull_consumer(&PullConsumerProxy::nil()).await.unwrap();
    let again = pull.connect_pull_consumer(&PullConsumerProxy::nil()).await.unwrap_err();
    assert_eq!(again.user(), Some(&AlreadyConnected));
    let pushed = consumers.obtain_push_supplier().await.unwrap();
    let nil = pushed.connect_push_consumer(&PushConsumerProxy::nil()).await.unwrap_err();
    assert_eq!(nil.kind(), Some(ExceptionKind::BadParam));
    let wrong: PushConsumerProxy = rig.service.reference().object().unchecked();
    let wrong = pushed.connect_push_consumer(&wrong).await.unwrap_err();
    assert_eq!(wrong.user(), Some(&ConnectError::TypeError(TypeError)));
    let inbox = rig.client.adapter().activate(PushConsumerServant::new(Inbox::default()));
    pushed.connect_push_consumer(&inbox).await.unwrap();
    let again = pushed.connect_push_consumer(&inbox).await.unwrap_err();
    assert_eq!(again.user(), Some(&ConnectError::AlreadyConnected(AlreadyConnected)));
    let pulled = suppliers.obtain_pull_consumer().await.unwrap();
    let nil = pulled.connect_pull_supplier(&PullSupplierProxy::nil()).await.unwrap_err();
    assert_eq!(nil.kind(), Some(ExceptionKind::BadParam));
    push.disconnect_push_consumer().await.unwrap();
    let gone = push.push(&text("late")).await.unwrap_err();
    assert_eq!(gone.kind(), Some(ExceptionKind::ObjectNotExist));
    rig.end().await;
}

/// A supplier with some events, which then has no more.
#[derive(Clone, Default)]
struct Outbox {
    events: Arc<Mutex<VecDeque<String>>>,
    told: Arc<Notify>,
}

impl PullSupplier for Outbox {
    async fn pull(&self) -> Result<Any, Fault<Disconnected>> {
        Err(Fault::User(Disconnected))
    }

    async fn try_pull(&self) -> Result<(Any, bool), Fault<Disconnected>> {
        let event = self.events.lock().unwrap().pop_front();
        Ok((event.clone().map_or_else(Any::null, text), event.is_some()))
    }

    async fn disconnect_pull_supplier(&self) {
        self.told.notify_one();
    }
}

impl PushSupplier for Outbox {
    async fn disconnect_push_supplier(&self) {
        self.told.notify_one();
    }
}

#[tokio::test]
async fn a_supplier_is_pulled_and_everybody_is_told_of_the_end() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let inbox = Inbox::default();
    connected(&rig, &channel, &inbox).await;
    let outbox = Outbox::default();
    outbox.events.lock().unwrap().extend(numbered(30));
    let supplier = rig.client.adapter().activate(PullSupplierServant::new(outbox.clone()));
    let suppliers = channel.for_suppliers().await.unwrap();
    suppliers.obtain_pull_consumer().await.unwrap().connect_pull_supplier(&supplier).await.unwrap();
    let pushing = Outbox::default();
    let pusher = rig.client.adapter().activate(PushSupplierServant::new(pushing.clone()));
    suppliers.obtain_push_consumer().await.unwrap().connect_push_supplier(&pusher).await.unwrap();
    assert_eq!(inbox.holds(30).await, numbered(30));
    channel.destroy().await.unwrap();
    soon("the pulled supplier is told", outbox.told.notified()).await;
    soon("the pushing supplier is told", pushing.told.notified()).await;
    let told = async {
        while !*inbox.disconnected.lock().unwrap() {
            inbox.changed.notified().await;
        }
    };
    soon("the consumer is told", told).await;
    let gone = channel.for_consumers().await.unwrap_err();
    assert_eq!(gone.kind(), Some(ExceptionKind::ObjectNotExist));
    rig.end().await;
}

#[tokio::test]
async fn consumers_that_throw_hang_or_vanish_harm_nobody_else() {
    let rig = Rig::with(|limits| {
        limits.peer_wait_max = Duration::from_millis(300);
        limits.peer_failures_max = 3;
    })
    .await;
    let channel = rig.channel("c").await;
    let well = Inbox::default();
    let throwing = Inbox { manner: Manner::Throws, ..Inbox::default() };
    let hanging = Inbox { manner: Manner::Hangs, ..Inbox::default() };
    let vanishing = Inbox::default();
    connected(&rig, &channel, &well).await;
    connected(&rig, &channel, &throwing).await;
    connected(&rig, &channel, &hanging).await;
    let vanished = connected(&rig, &channel, &vanishing).await;
    rig.client.adapter().deactivate(vanished.object());
    let topic = rig.events.topic::<String>("c").await.unwrap();
    for word in numbered(50) {
        topic.publish(word).await.unwrap();
    }
    assert_eq!(well.holds(50).await, numbered(50));
    assert_eq!(throwing.holds(50).await, numbered(50), "an event that it has thrown at is not pushed again");
    // Those that are gone, or never answer, are given up.
    let given_up = async {
        while rig.events.describe("c").await.unwrap().corba_peers > 2 {
            tokio::task::yield_now().await;
        }
    };
    soon("they are given up", given_up).await;
    rig.end().await;
}

/// A consumer that publishes what it gets, in other words, while it is being pushed.
struct Echo(quorb_events::cos::ProxyPushConsumerProxy, Arc<Notify>);

impl PushConsumer for Echo {
    async fn push(&self, data: &Any) -> Result<(), Fault<Disconnected>> {
        let word = data.get::<String>().unwrap();
        match word.strip_prefix("say ") {
            Some(word) => self.0.push(&text(word)).await,
            None => {
                self.1.notify_one();
                Ok(())
            }
        }
    }

    async fn disconnect_push_consumer(&self) {}
}

#[tokio::test]
async fn a_consumer_calls_back_into_the_channel() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let supplier = channel.for_suppliers().await.unwrap().obtain_push_consumer().await.unwrap();
    supplier.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap();
    let heard = Arc::new(Notify::new());
    let echo = PushConsumerServant::new(Echo(supplier.clone(), heard.clone()));
    let echo = rig.client.adapter().activate(echo);
    let proxy = channel.for_consumers().await.unwrap().obtain_push_supplier().await.unwrap();
    proxy.connect_push_consumer(&echo).await.unwrap();
    supplier.push(&text("say hello")).await.unwrap();
    soon("it hears itself", heard.notified()).await;
    rig.end().await;
}

#[tokio::test]
async fn both_worlds_see_the_same_events() {
    let rig = Rig::new().await;
    let channel = rig.channel("c").await;
    let inbox = Inbox::default();
    connected(&rig, &channel, &inbox).await;
    let mut feed = rig.events.subscribe::<String>("c/**").await.unwrap();
    let supplier = channel.for_suppliers().await.unwrap().obtain_push_consumer().await.unwrap();
    supplier.connect_push_supplier(&PushSupplierProxy::nil()).await.unwrap();
    supplier.push(&text("from CORBA")).await.unwrap();
    let topic = rig.events.topic::<String>("c/native").await.unwrap();
    topic.confirm("from Rust".to_owned()).await.unwrap();
    assert_eq!(inbox.holds(2).await, ["from CORBA", "from Rust"]);
    let events = [soon("one", feed.next_event()).await, soon("two", feed.next_event()).await];
    let subjects = events.map(|event| event.unwrap().unwrap().subject);
    assert_eq!(subjects, ["c", "c/native"]);
    rig.end().await;
}

#[tokio::test]
async fn factories_make_channels() {
    let rig = Rig::new().await;
    let factory: quorb_events::cos::ChannelFactoryProxy =
        rig.client.bind(&rig.service.factory().object().to_string()).unwrap();
    let key = |id: &str| [KeyComponent { id: id.into(), kind: "object interface".into() }];
    let criterion = |name: &str, value: Any| NameValuePair { name: name.into(), value };
    let generic: quorb_events::cos::GenericFactoryProxy = factory.object().unchecked();
    assert!(generic.supports(&key("EventChannel")).await.unwrap());
    let none = generic.create_object(&key("Clock"), &[]).await.unwrap_err();
    assert!(matches!(none.user(), Some(CreateError::NoFactory(_))), "{none}");
    let criteria = [
        criterion("InsName", text("prices")),
        criterion("MaxQueueLength", Any::new(&77u32).unwrap()),
        criterion("CyclePeriod_ns", Any::new(&1_000u32).unwrap()),
    ];
    let made = generic.create_object(&key("EventChannel"), &criteria).await.unwrap();
    assert!(made.is_a("IDL:omg.org/CosEventChannelAdmin/EventChannel:1.0").await.unwrap());
    assert_eq!(rig.events.describe("prices").await.unwrap().info.options.queue_events, 77);
    let by_name = format!("corbaloc:iiop:1.2@{}/prices", rig.server.addresses()[0]);
    let by_name: EventChannelProxy = rig.client.bind(&by_name).unwrap();
    by_name.for_suppliers().await.unwrap();
    let wrong = [criterion("MaxQueueLength", text("many")), criterion("Colour", text("red"))];
    let invalid = generic.create_object(&key("EventChannel"), &wrong).await.unwrap_err();
    let Some(CreateError::InvalidCriteria(invalid)) = invalid.user() else { panic!("{invalid}") };
    assert_eq!(invalid.invalid_criteria.len(), 2);
    let named: quorb_events::cos::NamedChannelsProxy = factory.object().unchecked();
    named.create_channel("bonds").await.unwrap();
    assert!(named.create_channel("bonds").await.unwrap_err().user().is_some());
    assert!(named.join_channel("stocks").await.unwrap_err().user().is_some());
    named.join_channel("bonds").await.unwrap().destroy().await.unwrap();
    assert!(named.join_channel("bonds").await.unwrap_err().user().is_some());
    rig.end().await;
}
