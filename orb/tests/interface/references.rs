//! Proxies as arguments, results and members.

use quorb::exception::Fault;
use quorb::{IdlType, ObjectRef, Preference, Proxy, interface};

use crate::grid::{Cells, GridProxy, GridServant};
use crate::support::{assert_round_trip, description};
use crate::transport::brokers;

#[derive(Debug, Clone, PartialEq, IdlType)]
struct Entry {
    name: String,
    grid: GridProxy,
    others: Vec<Option<GridProxy>>,
}

#[interface]
trait Registry {
    fn add(&mut self, entry: Entry);
    fn find(&self, name: &str) -> Option<GridProxy>;
    fn objects(&self, first: &GridProxy, rest: &[GridProxy]) -> Vec<ObjectRef>;
    /// Calls back.
    async fn read(&self, grid: GridProxy) -> Result<i32, Fault>;
}

#[derive(Default)]
struct Book(Vec<Entry>);

impl Registry for Book {
    fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    fn find(&self, name: &str) -> Option<GridProxy> {
        self.0.iter().find(|entry| entry.name == name).map(|entry| entry.grid.clone())
    }

    fn objects(&self, first: &GridProxy, rest: &[GridProxy]) -> Vec<ObjectRef> {
        [first].into_iter().chain(rest).map(|grid| grid.object().clone()).collect()
    }

    async fn read(&self, grid: GridProxy) -> Result<i32, Fault> {
        Ok(grid.get(0, 0).await.unwrap_or(-1))
    }
}

#[tokio::test]
async fn references_travel_and_are_called_where_they_arrive() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let (server, client) = brokers(preference).await;
        let registry = server.serve("registry", RegistryServant::new(Book::default())).unwrap();
        let registry: RegistryProxy = client.bind(&registry.object().to_string()).unwrap();
        let grid = client.serve("grid", GridServant::new(Cells::new(1, 1))).unwrap();
        grid.set(0, 0, 9).await.unwrap();
        let entry = Entry { name: "g".into(), grid: grid.clone(), others: vec![None, Some(grid.clone())] };
        registry.add(entry).await.unwrap();
        assert_eq!(registry.find("none").await.unwrap(), None);
        let found = registry.find("g").await.unwrap().unwrap();
        assert_eq!(found.get(0, 0).await, Ok(9));
        assert_eq!(registry.read(grid.clone()).await, Ok(9));
        assert_eq!(registry.objects(&grid, &[found]).await.unwrap().len(), 2);
    }
}

#[test]
fn a_reference_is_a_member_like_any_other() {
    assert_round_trip(&Entry { name: "n".into(), grid: GridProxy::nil(), others: vec![] });
    let (_, definition) = description::<Entry>();
    assert!(format!("{definition:?}").contains("Object(\"IDL:Grid:1.0\")"));
}
