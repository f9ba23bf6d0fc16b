//! Base interfaces: proxies that follow them, dispatch through them, diamonds.

use quorb::model::Interface;
use quorb::{Proxy, Tie, interface};

use crate::transport::everywhere;

mod bases {
    use quorb::interface;

    #[interface]
    pub(crate) trait Named: std::fmt::Debug {
        #[attribute(set)]
        fn name(&self) -> String;
    }

    #[interface]
    pub(crate) trait Aged: Send + Sync {
        fn age(&self) -> u32;
    }
}

use bases::{Named, NamedProxy};

#[interface]
trait Worker: Named {
    fn work(&mut self) -> u32;
}

/// Reaches `Named` twice.
#[interface]
trait Manager: Worker + bases::Aged + Named + 'static {
    fn manage(&self, who: &WorkerProxy) -> String;
}

/// Adds nothing of its own.
#[interface]
trait Director: Manager {}

/// Nothing at all.
#[interface]
trait Marker {}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Person {
    name: String,
    hours: u32,
}

impl Named for Person {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn set_name(&mut self, value: String) {
        self.name = value;
    }
}

impl bases::Aged for Person {
    fn age(&self) -> u32 {
        40
    }
}

impl Worker for Person {
    fn work(&mut self) -> u32 {
        self.hours += 1;
        self.hours
    }
}

impl Manager for Person {
    fn manage(&self, who: &WorkerProxy) -> String {
        format!("{} manages {}", self.name, who.object().is_nil())
    }
}

impl Director for Person {}

impl Marker for Person {}

fn person() -> Person {
    Person { name: "Ada".into(), hours: 0 }
}

#[tokio::test]
async fn operations_of_all_bases() {
    everywhere(
        || DirectorServant::new(person()),
        async |director: DirectorProxy| {
            assert_eq!(director.work().await, Ok(1));
            director.set_name("Eve".into()).await.unwrap();
            assert_eq!(director.as_manager().as_named().name().await.unwrap(), "Eve");
            assert_eq!(director.as_aged().age().await, Ok(40));
            assert_eq!(director.as_worker().work().await, Ok(2));
            assert_eq!(director.manage(&WorkerProxy::nil()).await.unwrap(), "Eve manages true");
            let named: &NamedProxy = &director;
            assert_eq!(named.name().await.unwrap(), "Eve");
            assert!(director.object().is_a(bases::AgedProxy::interface().id()).await.unwrap());
            let narrowed: ManagerProxy = director.as_aged().narrow().await.unwrap();
            assert_eq!(narrowed, director.as_manager());
        },
    )
    .await;
}

#[test]
fn blocking_proxies_follow_too() {
    let director = DirectorServant::new(person()).into_local_proxy().blocking();
    assert_eq!(director.work(), Ok(1));
    assert_eq!(director.name().unwrap(), "Ada");
    assert_eq!(director.as_aged().age(), Ok(40));
    assert_eq!(director.as_manager().as_worker().work(), Ok(2));
}

#[tokio::test]
async fn unknown_operations_end_at_the_last_base() {
    let object = DirectorServant::new(person()).into_local_proxy().object().clone();
    let stranger = crate::grid::GridProxy::from_object(object);
    let fault = stranger.get(1, 1).await.unwrap_err();
    assert_eq!(fault.kind(), Some(quorb::ExceptionKind::BadOperation));
    let marker = MarkerServant::new(person()).into_local_proxy();
    let fault = crate::grid::GridProxy::from_object(marker.object().clone()).get(1, 1).await.unwrap_err();
    assert_eq!(fault.kind(), Some(quorb::ExceptionKind::BadOperation));
}

#[test]
fn the_description_names_the_bases() {
    let interface = ManagerProxy::interface();
    let bases: Vec<&str> = interface.bases().map(Interface::name).collect();
    assert_eq!(bases, ["Worker", "Aged", "Named"]);
    assert!(interface.is_a(concat!("IDL:", env!("CARGO_CRATE_NAME"), "/Named:1.0")));
    let names: Vec<&str> = DirectorProxy::interface()
        .describe()
        .operations
        .iter()
        .map(|operation| operation.name.as_str())
        .collect();
    assert_eq!(names, ["manage", "work", "_get_name", "_set_name", "age"]);
}
