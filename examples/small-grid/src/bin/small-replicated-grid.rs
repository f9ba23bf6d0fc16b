use quorb::{Exception, Orb, interface};
use quorb_groups::driver::Domain;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:SmallGrid/OutOfRange:1.0")]
struct OutOfRange {
    n: i16,
    m: i16,
}

#[interface(id = "IDL:SmallGrid:1.0")]
trait Grid {
    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange>;
    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange>;
}

#[derive(Serialize, Deserialize)]
struct Board(Vec<Vec<i32>>);

impl Grid for Board {
    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange> {
        let cell = self.0.get(n as usize).and_then(|row| row.get(m as usize));
        cell.copied().ok_or(OutOfRange { n, m })
    }
    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange> {
        let cell = self.0.get_mut(n as usize).and_then(|row| row.get_mut(m as usize));
        cell.map(|cell| *cell = value).ok_or(OutOfRange { n, m })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [reference] = &arguments[..] else {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let domain = Domain::join(arguments).listen_at_a_seed().await?;
        let board = Board(vec![vec![0; 100]; 100]);
        println!("{}", domain.serve(&orb, "grid", GridServant::new(board)).await?.reference());
        orb.run_until_signal(std::time::Duration::from_secs(5)).await;
        domain.leave().await;
        return Ok(());
    };
    let grid: GridProxy = Orb::client().await?.bind(reference)?;
    grid.set(2, 4, 123).await?;
    println!("{} {:?}", grid.get(2, 4).await?, grid.get(100, 0).await);
    Ok(())
}
