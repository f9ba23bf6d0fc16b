//! The floor: blocking sockets and hand-written messages, nothing between.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::measure::{ECHO_BYTES, EXPECTED, Outcome, Plan, Stopwatch, Work, payload, warm_up};

/// The length of a request and of a reply to it: those of `get` are as long as GIOP's.
const fn lengths(work: Work) -> (usize, usize) {
    match work {
        Work::Get => (52, 28),
        Work::Echo => (ECHO_BYTES, ECHO_BYTES),
    }
}

/// Serves until its connections are gone. The first octet of a connection says what it asks for.
pub(crate) fn serve() -> Outcome<()> {
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
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    let (request, reply) = lengths(if kind[0] == 0 { Work::Get } else { Work::Echo });
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
pub(crate) fn call(address: &str, plan: &Plan) -> Outcome<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(&[u8::from(plan.work == Work::Echo)])?;
    let (request, reply) = lengths(plan.work);
    let question = match plan.work {
        Work::Get => vec![0; request],
        Work::Echo => payload(),
    };
    let questions = question.repeat(plan.in_flight);
    let mut answers = vec![0; reply * plan.in_flight];
    let mut round = || -> Outcome<()> {
        stream.write_all(&questions)?;
        stream.read_exact(&mut answers)?;
        if answers.chunks(reply).any(|answer| answer != &question[..reply]) {
            return Err("a raw reply is wrong".into());
        }
        Ok(())
    };
    for _ in 0..warm_up(plan).div_ceil(plan.in_flight) {
        round()?;
    }
    let rounds = plan.count.div_ceil(plan.in_flight);
    let watch = Stopwatch::start();
    for _ in 0..rounds {
        round()?;
    }
    watch.stop(rounds * plan.in_flight);
    debug_assert_eq!(EXPECTED, 0);
    Ok(())
}
