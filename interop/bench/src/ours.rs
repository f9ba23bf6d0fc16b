//! Our own broker, over either protocol.

use std::time::Duration;

use quorb::{Orb, Preference, Proxy, interface};

use crate::measure::{EXPECTED, Outcome, Plan, Stopwatch, Work, payload, warm_up};

/// What is called: `get` as the grid has it, and an echo.
#[interface]
pub(crate) trait Bench {
    /// A number out of a table.
    fn get(&self, n: i16, m: i16) -> i32;
    /// The same octets.
    fn echo(&self, octets: Vec<u8>) -> Vec<u8>;
}

struct Table(Vec<[i32; 100]>);

impl Bench for Table {
    fn get(&self, n: i16, m: i16) -> i32 {
        self.0[n as usize][m as usize]
    }

    fn echo(&self, octets: Vec<u8>) -> Vec<u8> {
        octets
    }
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

pub(crate) fn serve() -> Outcome<()> {
    runtime()?.block_on(async {
        let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
        let bench = orb.serve("bench", BenchServant::new(Table(vec![[EXPECTED; 100]; 100])))?;
        println!("ready {}", bench.object());
        orb.run_until_signal(Duration::from_secs(1)).await;
        Ok(())
    })
}

pub(crate) fn call(reference: &str, protocol: &str, plan: &Plan) -> Outcome<()> {
    let preference = if protocol == "iiop" { Preference::IiopOnly } else { Preference::NativeOnly };
    runtime()?.block_on(async {
        let orb = Orb::builder().prefer(preference).start().await?;
        let bench: BenchProxy = orb.bind(reference)?;
        run(&bench, plan, warm_up(plan)).await?;
        let watch = Stopwatch::start();
        let calls = run(&bench, plan, plan.count).await?;
        watch.stop(calls);
        Ok(())
    })
}

/// Makes the calls, so many at the same time as the plan says.
async fn run(bench: &BenchProxy, plan: &Plan, count: usize) -> Outcome<usize> {
    let each = count.div_ceil(plan.in_flight);
    // Callers are tasks, as in a program: the runtime polls its sockets once more for each wake-up of its first future.
    let tasks: Vec<_> =
        (0..plan.in_flight).map(|_| tokio::spawn(callers(bench.clone(), plan.work, each))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(each * plan.in_flight)
}

async fn callers(bench: BenchProxy, work: Work, count: usize) -> Result<(), String> {
    let sent = payload();
    for _ in 0..count {
        let right = match work {
            Work::Get => bench.get(3, 4).await.map_err(|fault| fault.to_string())? == EXPECTED,
            Work::Echo => bench.echo(sent.clone()).await.map_err(|fault| fault.to_string())? == sent,
        };
        if !right {
            return Err("a reply is wrong".into());
        }
    }
    Ok(())
}
