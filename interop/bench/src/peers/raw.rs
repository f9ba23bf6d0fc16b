//! The floor: blocking sockets and hand-written messages, nothing between.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::drive::WARM_UP_PART;
use crate::measure::Stopwatch;
use crate::plan::{Outcome, Plan, Work};

/// The length of a request and of a reply to it: those of `get` are as long as GIOP's.
fn lengths(work: Work) -> (usize, usize) {
    match (work, work.size()) {
        (_, 0) => (52, 28),
        (Work::Stream, size) => (size, 28),
        (_, size) => (size, size),
    }
}

/// Serves until its connections are gone. The first octets of a connection say how long its messages are.
pub(super) fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("ready {}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || answer(stream));
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut length = || -> std::io::Result<usize> {
        let mut octets = [0; 4];
        stream.read_exact(&mut octets)?;
        Ok(u32::from_be_bytes(octets) as usize)
    };
    let (request, reply) = (length()?, length()?);
    let mut input = BufReader::with_capacity(request.max(16 * 1024), stream.try_clone()?);
    let (mut question, mut answers) = (vec![0; request], Vec::new());
    loop {
        input.read_exact(&mut question)?;
        answers.extend_from_slice(&question[..reply]);
        // What has come together is answered together, as a pipelining client expects.
        if input.buffer().len() < request {
            stream.write_all(&answers)?;
            answers.clear();
        }
    }
}

/// Calls with a window of requests that are written together.
pub(super) fn call(address: &str, plan: &Plan) -> Outcome<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let (request, reply) = lengths(plan.work);
    for length in [request, reply] {
        stream.write_all(&u32::try_from(length)?.to_be_bytes())?;
    }
    let window = plan.work.in_flight();
    let question = vec![0x5a; request];
    let questions = question.repeat(window);
    let mut answers = vec![0; reply * window];
    let mut round = || -> Outcome<()> {
        stream.write_all(&questions)?;
        stream.read_exact(&mut answers)?;
        if answers.chunks(reply).any(|answer| answer[0] != 0x5a || answer[reply - 1] != 0x5a) {
            return Err("a result is wrong: no figures".into());
        }
        answers.fill(0);
        Ok(())
    };
    let warm_up_time = Duration::from_millis(plan.milliseconds) / WARM_UP_PART;
    let (started, mut warm_up) = (Instant::now(), 0);
    while warm_up == 0 || started.elapsed() < warm_up_time {
        round()?;
        warm_up += 1;
    }
    let rounds = warm_up * WARM_UP_PART as usize;
    let mut latencies = Vec::with_capacity(rounds);
    let watch = Stopwatch::start();
    for _ in 0..rounds {
        let started = Instant::now();
        round()?;
        latencies.push(started.elapsed());
    }
    watch.stop(rounds * window, (rounds + warm_up) * window, latencies);
    Ok(())
}
