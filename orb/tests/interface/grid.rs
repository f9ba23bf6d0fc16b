//! The grid: attributes, queries, updates, exceptions.

use std::sync::Arc;

use quorb::{Fault, Servant, Tie, interface};

use crate::exceptions::OutOfRange;
use crate::transport::everywhere;

/// A rectangle of numbers.
#[interface(id = "IDL:Grid:1.0")]
pub(crate) trait Grid {
    /// The number of rows.
    #[attribute]
    fn height(&self) -> i16;
    #[attribute]
    fn width(&self) -> i16;
    /// What people call it.
    #[attribute(set)]
    fn title(&self) -> String;
    #[attribute(set)]
    fn scale(&self) -> Result<f64, OutOfRange>;
    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange>;
    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange>;
    /// A method with a body need not be implemented.
    #[deadline("5s")]
    fn sum(&self) -> Result<i64, OutOfRange> {
        let mut sum = 0;
        for n in 0..self.height() {
            for m in 0..self.width() {
                sum += i64::from(self.get(n, m)?);
            }
        }
        Ok(sum)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Cells {
    title: String,
    scale: f64,
    rows: Vec<Vec<i32>>,
}

impl Cells {
    pub(crate) fn new(height: usize, width: usize) -> Cells {
        Cells { title: "grid".into(), scale: 1.0, rows: vec![vec![0; width]; height] }
    }
}

impl Grid for Cells {
    fn height(&self) -> i16 {
        self.rows.len() as i16
    }

    fn width(&self) -> i16 {
        self.rows[0].len() as i16
    }

    fn title(&self) -> String {
        self.title.clone()
    }

    fn set_title(&mut self, value: String) {
        self.title = value;
    }

    fn scale(&self) -> Result<f64, OutOfRange> {
        Ok(self.scale)
    }

    fn set_scale(&mut self, value: f64) -> Result<(), OutOfRange> {
        if value <= 0.0 {
            return Err(OutOfRange { n: 0, m: 0 });
        }
        self.scale = value;
        Ok(())
    }

    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange> {
        self.rows.get(n as usize).and_then(|row| row.get(m as usize)).copied().ok_or(OutOfRange { n, m })
    }

    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange> {
        let cell = self.rows.get_mut(n as usize).and_then(|row| row.get_mut(m as usize));
        *cell.ok_or(OutOfRange { n, m })? = value;
        Ok(())
    }
}

#[tokio::test]
async fn attributes_queries_updates_exceptions() {
    everywhere(
        || GridServant::new(Cells::new(3, 4)),
        async |grid: GridProxy| {
            assert_eq!((grid.height().await.unwrap(), grid.width().await.unwrap()), (3, 4));
            grid.set(2, 3, 123).await.unwrap();
            assert_eq!(grid.get(2, 3).await, Ok(123));
            assert_eq!(grid.sum().await, Ok(123));
            assert_eq!(grid.get(7, 5).await, Err(Fault::User(OutOfRange { n: 7, m: 5 })));
            grid.set_title("other".into()).await.unwrap();
            assert_eq!(grid.title().await.unwrap(), "other");
            assert_eq!(grid.set_scale(-1.0).await, Err(Fault::User(OutOfRange { n: 0, m: 0 })));
            grid.set_scale(2.5).await.unwrap();
            assert_eq!(grid.scale().await, Ok(2.5));
        },
    )
    .await;
}

#[test]
fn threads_without_a_runtime_use_the_blocking_proxy() {
    let grid = GridServant::new(Cells::new(1, 1)).into_local_proxy().blocking();
    grid.set(0, 0, 5).unwrap();
    assert_eq!(grid.clone().get(0, 0), Ok(5));
    assert_eq!(grid.get(1, 0), Err(Fault::User(OutOfRange { n: 1, m: 0 })));
    assert!(format!("{grid:?}").starts_with("GridBlocking"));
}

#[tokio::test]
async fn calls_can_be_spawned() {
    let grid = GridServant::new(Cells::new(2, 2)).into_local_proxy();
    let calls: Vec<_> = (0..4i16)
        .map(|place| {
            let grid = grid.clone();
            tokio::spawn(async move { grid.set(place / 2, place % 2, 1).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(grid.sum().await, Ok(4));
}

#[test]
fn a_servant_is_an_object() {
    let servants: Vec<Arc<dyn Servant>> = vec![Arc::new(GridServant::new(Cells::new(1, 1)))];
    assert_eq!(servants[0].interface().id(), "IDL:Grid:1.0");
    assert_eq!(format!("{:?}", GridServant::new(Cells::new(1, 1))), "GridServant { .. }");
}
