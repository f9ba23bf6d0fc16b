//! Objects whose broker listens nowhere are called over the connection that it has opened.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{
    Callbacks, Completion, ExceptionKind, Fault, MemoryNetwork, Orb, OrbBuilder, Preference, Proxy, interface,
};

use crate::rig::{PATIENCE, soon, until};

/// Who is called back.
#[interface(crate = quorb)]
pub(crate) trait Listener {
    fn hear(&mut self, news: &str) -> u32;
    /// Calls the hub in turn.
    #[update]
    async fn ask(&self, hub: HubProxy, this: ListenerProxy, depth: u32) -> Result<u32, Fault>;
    async fn wait(&self) -> u32;
}

/// Who calls back.
#[interface(crate = quorb)]
pub(crate) trait Hub {
    fn subscribe(&mut self, listener: ListenerProxy);
    /// Tells all listeners; answers how often the last has heard something.
    #[update]
    async fn tell(&self, news: &str) -> Result<u32, Fault>;
    /// Asks a listener while its own call waits.
    #[update]
    async fn ask(&self, this: HubProxy, listener: ListenerProxy, depth: u32) -> Result<u32, Fault>;
    async fn wait_for(&self, listener: ListenerProxy) -> Result<u32, Fault>;
}

#[derive(Default)]
struct Ear {
    heard: u32,
}

impl Listener for Ear {
    fn hear(&mut self, _: &str) -> u32 {
        self.heard += 1;
        self.heard
    }

    async fn ask(&self, hub: HubProxy, this: ListenerProxy, depth: u32) -> Result<u32, Fault> {
        if depth == 0 { Ok(0) } else { Ok(hub.ask(hub.clone(), this, depth - 1).await? + 1) }
    }

    async fn wait(&self) -> u32 {
        std::future::pending().await
    }
}

#[derive(Default)]
struct Post(Arc<Mutex<Vec<ListenerProxy>>>);

impl Hub for Post {
    fn subscribe(&mut self, listener: ListenerProxy) {
        self.0.lock().unwrap().push(listener);
    }

    async fn tell(&self, news: &str) -> Result<u32, Fault> {
        let listeners = self.0.lock().unwrap().clone();
        let mut heard = 0;
        for listener in listeners {
            heard = listener.hear(news).await?;
        }
        Ok(heard)
    }

    async fn ask(&self, this: HubProxy, listener: ListenerProxy, depth: u32) -> Result<u32, Fault> {
        if depth == 0 { Ok(0) } else { Ok(listener.ask(this, listener.clone(), depth - 1).await? + 1) }
    }

    async fn wait_for(&self, listener: ListenerProxy) -> Result<u32, Fault> {
        listener.wait().await
    }
}

/// A hub, and how to reach it.
struct Town {
    network: MemoryNetwork,
    server: Orb,
    listeners: Arc<Mutex<Vec<ListenerProxy>>>,
    reference: String,
    callbacks: Callbacks,
    preference: Preference,
}

/// By which protocol.
#[derive(Debug, Clone, Copy)]
enum By {
    Native,
    Iiop,
}

impl Town {
    async fn new(by: By, address: &str) -> Town {
        let (callbacks, preference) = match by {
            By::Native => (Callbacks::Native, Preference::NativeFirst),
            By::Iiop => (Callbacks::Everywhere, Preference::IiopOnly),
        };
        let network = MemoryNetwork::new();
        let builder = Orb::builder().memory(&network).listen(address).callbacks(callbacks);
        let server = builder.prefer(preference).call_deadline(PATIENCE).start().await.unwrap();
        let post = Post::default();
        let listeners = post.0.clone();
        let reference = server.serve("hub", HubServant::new(post)).unwrap().to_string();
        Town { network, server, listeners, reference, callbacks, preference }
    }

    /// A client that listens nowhere, with an object, and its proxy on the hub.
    async fn visitor(&self) -> (Orb, ListenerProxy, HubProxy) {
        self.visitor_with(|builder| builder).await
    }

    async fn visitor_with(
        &self,
        configure: impl Fn(OrbBuilder) -> OrbBuilder,
    ) -> (Orb, ListenerProxy, HubProxy) {
        let builder = Orb::builder().memory(&self.network).callbacks(self.callbacks).prefer(self.preference);
        let orb = configure(builder.call_deadline(PATIENCE)).start().await.unwrap();
        let ear = orb.serve("ear", ListenerServant::new(Ear::default())).unwrap();
        let hub = orb.bind(&self.reference).unwrap();
        (orb, ear, hub)
    }
}

async fn a_client_without_a_port_is_called(by: By) {
    for address in ["127.0.0.1:0", "memory:hub"] {
        let town = Town::new(by, address).await;
        let (client, ear, hub) = town.visitor().await;
        assert!(client.addresses().is_empty());
        hub.subscribe(ear.clone()).await.unwrap();
        for heard in 1..=3 {
            assert_eq!(soon("it is told", hub.tell("news")).await.unwrap(), heard);
        }
        assert_eq!(
            (town.server.open_connections(), client.open_connections()),
            (1, 1),
            "one, for both directions"
        );
        // The server calls of its own accord, too.
        let listener = town.listeners.lock().unwrap()[0].clone();
        assert_eq!(soon("it is told", listener.hear("more")).await.unwrap(), 4);
    }
}

async fn sixty_four_to_and_fro_on_one_connection(by: By) {
    let town = Town::new(by, "127.0.0.1:0").await;
    let (client, ear, hub) = town.visitor().await;
    assert_eq!(soon("64 deep", hub.ask(hub.clone(), ear.clone(), 64)).await.unwrap(), 64);
    assert_eq!(client.open_connections(), 1);
}

async fn each_client_gets_its_own_calls(by: By) {
    let town = Town::new(by, "127.0.0.1:0").await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        let (client, ear, hub) = town.visitor().await;
        hub.subscribe(ear.clone()).await.unwrap();
        clients.push((client, ear, hub));
    }
    soon("all are told", clients[0].2.tell("news")).await.unwrap();
    for (_, ear, _) in &clients {
        assert_eq!(ear.hear("again").await.unwrap(), 2);
    }
}

async fn a_client_that_has_gone_and_comes_again(by: By) {
    let town = Town::new(by, "127.0.0.1:0").await;
    let (client, ear, hub) = town.visitor().await;
    hub.subscribe(ear.clone()).await.unwrap();
    let listener = town.listeners.lock().unwrap()[0].with_deadline(Duration::from_millis(300));
    assert_eq!(listener.hear("news").await.unwrap(), 1);
    client.shutdown(Duration::ZERO).await;
    until("the server knows", || town.server.open_connections() == 0).await;
    let fault = soon("it cannot be called", listener.hear("news")).await.unwrap_err();
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    assert!(matches!(fault.kind(), Some(ExceptionKind::Transient | ExceptionKind::Timeout)), "{fault}");
    assert!(fault.to_string().contains("called over its own connections only"), "{fault}");
}

/// Somebody who holds the reference and has no connection from there cannot call.
async fn a_reference_that_is_passed_on(by: By) {
    let (town, other) = (Town::new(by, "127.0.0.1:0").await, Town::new(by, "127.0.0.1:0").await);
    let (_client, ear, hub) = town.visitor().await;
    hub.subscribe(ear.clone()).await.unwrap();
    let elsewhere: ListenerProxy = other.server.bind(&ear.to_string()).unwrap();
    let fault = elsewhere.with_deadline(Duration::from_millis(300)).hear("news").await.unwrap_err();
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    // The client finds its own object at home, whoever answers with it.
    let back: ListenerProxy = _client.bind(&town.listeners.lock().unwrap()[0].to_string()).unwrap();
    assert_eq!(back.hear("home").await.unwrap(), 1);
}

async fn a_cancelled_call_back(by: By) {
    let town = Town::new(by, "127.0.0.1:0").await;
    let (client, ear, hub) = town.visitor().await;
    let call = tokio::spawn(async move { hub.wait_for(ear).await });
    until("the client serves it", || client.open_calls().served == 1).await;
    call.abort();
    until("it is cancelled through and through", || {
        client.open_calls().served == 0 && town.server.open_calls().made == 0
    })
    .await;
}

macro_rules! by_both {
    ($($test:ident;)*) => { $(
        mod $test {
            use super::By;
            #[tokio::test] async fn native() { super::$test(By::Native).await; }
            #[tokio::test] async fn iiop() { super::$test(By::Iiop).await; }
        }
    )* };
}

by_both! {
    a_client_without_a_port_is_called;
    sixty_four_to_and_fro_on_one_connection;
    each_client_gets_its_own_calls;
    a_client_that_has_gone_and_comes_again;
    a_reference_that_is_passed_on;
    a_cancelled_call_back;
}

/// What a client holds of a broker without a port works again when that broker connects again.
#[tokio::test]
async fn after_a_new_connection_of_the_same_client() {
    let town = Town::new(By::Native, "127.0.0.1:0").await;
    let (_client, ear, hub) = town
        .visitor_with(|builder| {
            builder.limits(|limits| {
                limits.idle_time_max = Duration::from_millis(100);
            })
        })
        .await;
    hub.subscribe(ear.clone()).await.unwrap();
    let listener = town.listeners.lock().unwrap()[0].clone();
    assert_eq!(listener.hear("news").await.unwrap(), 1);
    // Without objects nobody can be called back: the connection may be closed for being idle.
    assert!(_client.adapter().deactivate(ear.object()));
    until("it is closed", || town.server.open_connections() == 0).await;
    let _ear = _client.serve("ear", ListenerServant::new(Ear::default())).unwrap();
    // The call waits for the client, as for a server that starts again.
    let (told, ()) = tokio::join!(listener.hear("late"), async {
        hub.subscribe(ear.clone()).await.unwrap();
    });
    assert_eq!(told.unwrap(), 1);
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_calls_back() {
    let town = Town::new(By::Native, "127.0.0.1:0").await;
    let limits =
        |builder: OrbBuilder| builder.limits(|limits| limits.idle_time_max = Duration::from_millis(20));
    let (client, ear, hub) = town.visitor_with(limits).await;
    hub.subscribe(ear.clone()).await.unwrap();
    // Another one, without objects, shows that the time has come.
    let plain = limits(Orb::builder()).start().await.unwrap();
    let other: HubProxy = plain.bind(&town.reference).unwrap();
    other.tell("news").await.unwrap();
    until("the other one is closed", || plain.open_connections() == 0).await;
    assert_eq!(client.open_connections(), 1);
    let listener = town.listeners.lock().unwrap()[0].clone();
    assert_eq!(listener.hear("news").await.unwrap(), 2);
}

#[tokio::test]
async fn a_client_that_takes_no_calls() {
    let town = Town::new(By::Native, "127.0.0.1:0").await;
    let (_client, ear, hub) = town.visitor_with(|builder| builder.callbacks(Callbacks::Off)).await;
    hub.subscribe(ear.clone()).await.unwrap();
    let fault = hub.tell("news").await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::InvObjref), "its reference leads nowhere: {fault}");
    assert_eq!(fault.completed(), Completion::No, "{fault}");
}

/// A client that listens where nobody gets through is called over its own connection, after the attempt.
#[tokio::test]
async fn a_client_behind_a_wall() {
    let town = Town::new(By::Native, "127.0.0.1:0").await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let (_client, ear, hub) = town
        .visitor_with(|builder| builder.listen("127.0.0.1:0").advertise(address.to_string()).unreachable())
        .await;
    hub.subscribe(ear.clone()).await.unwrap();
    assert_eq!(soon("it is told", hub.tell("news")).await.unwrap(), 1);
}

/// Who says that it is another cannot take over the calls of one that is there.
#[tokio::test]
async fn the_first_connection_of_an_identity_keeps_it() {
    use crate::rig::{native, peer::Peer};
    use quorb::proto::native::Features;
    let town = Town::new(By::Native, "127.0.0.1:0").await;
    let (_client, ear, hub) = town.visitor().await;
    hub.subscribe(ear.clone()).await.unwrap();
    let quorb::Address::Tcp { port, .. } = &town.server.addresses()[0] else { panic!("TCP") };
    let mut impostor = Peer::connect(*port).await;
    impostor.say(&native::greeting_as(identity_in(&ear), Features::CALLED_BACK)).await;
    impostor.hear(native::greeting_bytes()).await;
    until("it is in", || town.server.open_connections() == 2).await;
    assert_eq!(soon("it is told", hub.tell("news")).await.unwrap(), 1);
}

/// The identity that a reference names.
fn identity_in(ear: &ListenerProxy) -> u64 {
    let profile = ear.object().ior().iiop_profiles().next().unwrap().unwrap();
    profile.component::<quorb_giop::ior::QuorbEndpoint>().unwrap().unwrap().server_identity
}
