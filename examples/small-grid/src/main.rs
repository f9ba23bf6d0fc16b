use quorb::{Exception, Orb, interface};

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

struct Board([[i32; 100]; 100]);

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
    let Some(reference) = std::env::args().nth(1) else {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        println!("{}", orb.serve("grid", GridServant::new(Board([[0; 100]; 100])))?);
        orb.run_until_signal(std::time::Duration::from_secs(5)).await;
        return Ok(());
    };
    let grid: GridProxy = Orb::client().await?.bind(&reference)?;
    grid.set(2, 4, 123).await?;
    println!("{} {:?}", grid.get(2, 4).await?, grid.get(100, 0).await);
    Ok(())
}
