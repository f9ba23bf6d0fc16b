//! Three processes that are one naming service and one event service, and callers that never rest.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use quorb::{Orb, Proxy};
use quorb_interop::Trail;
use quorb_naming::Names;
use quorb_naming::cos::NameComponent;
use tokio::sync::Notify;

use crate::names::{Folder, Server};

/// Callers that work at the same time.
pub(crate) const CALLERS: usize = 8;

/// Calls that are answered between two events.
pub(crate) const CALLS: usize = 150;

/// What never ends ends a test; it decides nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Three servers, and what it takes to start them again.
pub(crate) struct Trio {
    pub(crate) join: Vec<String>,
    pub(crate) listen: Vec<String>,
    /// A folder for each of them in it; none for names in memory.
    pub(crate) data: Option<Folder>,
    /// What is said at the start of each of them besides.
    pub(crate) arguments: Vec<String>,
    /// Blocks of 1 KiB that a file may have: what stands for the end of the disk.
    pub(crate) blocks_max: Option<u32>,
    /// How long after its start a server stands still, and for how long, in seconds.
    pub(crate) pause: Option<(f64, f64)>,
    servers: Vec<Option<Server>>,
}

impl Trio {
    pub(crate) fn durable() -> Trio {
        Trio::new(Some(Folder::new()), &[])
    }

    /// Servers that do not take each other for lost because they are slow; one that is killed they miss at once all the same.
    pub(crate) fn patient() -> Trio {
        Trio::new(Some(Folder::new()), &["--detection", "10s"])
    }

    pub(crate) fn new(data: Option<Folder>, arguments: &[&str]) -> Trio {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let servers = vec![None, None, None];
        let mut trio =
            Trio { join: free(3), listen: free(3), data, arguments, blocks_max: None, pause: None, servers };
        trio.start(&[0, 1, 2]);
        trio
    }

    pub(crate) fn start(&mut self, which: &[usize]) {
        let starting: Vec<_> = which.iter().map(|&at| (at, self.starting(at, &[]))).collect();
        // They wait for each other.
        for (at, starting) in starting {
            self.servers[at] = Some(starting.join().expect("it starts").expect("it is ready"));
        }
    }

    /// Starts one with more options than it had.
    pub(crate) fn start_with(&mut self, at: usize, more: &[&str]) {
        let starting = self.starting(at, more).join();
        self.servers[at] = Some(starting.expect("it starts").expect("it is ready"));
    }

    /// What a server says that cannot start.
    pub(crate) fn not_started(&self, at: usize) -> String {
        let started = self.starting(at, &[]).join().expect("no panic");
        started.err().expect("it does not start")
    }

    fn starting(&self, at: usize, more: &[&str]) -> std::thread::JoinHandle<Result<Server, String>> {
        let (command, mut arguments) = (self.program(), self.arguments_of(at));
        arguments.extend(more.iter().map(ToString::to_string));
        let listen = self.listen[at].clone();
        std::thread::spawn(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            Server::started(command, &listen, &arguments)
        })
    }

    fn program(&self) -> Command {
        let quorb = env!("CARGO_BIN_EXE_quorb");
        let mut script = String::new();
        if let Some(blocks) = self.blocks_max {
            // The signal would kill the process before the call can fail.
            script += &format!("trap '' XFSZ; ulimit -f {blocks}; ");
        }
        if let Some((after, still)) = self.pause {
            script +=
                &format!("(sleep {after}; kill -STOP $$; sleep {still}; kill -CONT $$) <&- >&- 2>&- & ");
        }
        if script.is_empty() {
            return Command::new(quorb);
        }
        let mut shell = Command::new("bash");
        shell.args(["-c", &(script + "exec \"$0\" \"$@\""), quorb]);
        shell
    }

    /// What a server is told, but for where clients find it.
    pub(crate) fn arguments_of(&self, at: usize) -> Vec<String> {
        let mut arguments = vec!["--join".to_owned(), self.join.join(",")];
        arguments.extend(["--join-as".to_owned(), self.join[at].clone()]);
        match self.folder(at) {
            Some(folder) => arguments.extend(["--data".to_owned(), folder]),
            None => arguments.push("--memory".to_owned()),
        }
        arguments.extend_from_slice(&self.arguments);
        arguments
    }

    /// Where a server has its data.
    pub(crate) fn folder(&self, at: usize) -> Option<String> {
        self.data.as_ref().map(|data| format!("{}/{at}", data.path()))
    }

    pub(crate) fn server(&self, at: usize) -> &Server {
        self.servers[at].as_ref().expect("it runs")
    }

    /// Gives a server away, which runs no longer as far as this is concerned.
    pub(crate) fn take(&mut self, at: usize) -> Server {
        self.servers[at].take().expect("it runs")
    }

    pub(crate) fn kill(&mut self, at: usize) {
        self.take(at).kill();
    }

    /// Waits until two of the three have ended by themselves, and kills the third if it has not. Answers how those ended that
    /// did so by themselves.
    pub(crate) fn kill_when_two_have_ended(&mut self) -> Vec<(Option<i32>, String)> {
        let (ended, endings) = std::sync::mpsc::channel();
        let mut running = Vec::new();
        for at in 0..3 {
            let (server, ended) = (self.take(at), ended.clone());
            running.push(server.id());
            std::thread::spawn(move || ended.send((server.id(), server.wait())));
        }
        let mut all = Vec::new();
        for at in 0..3 {
            let (id, ending) = endings.recv_timeout(PATIENCE).expect("most of them end");
            running.retain(|&other| other != id);
            all.extend(ending.0.is_some().then_some(ending));
            if at == 1 {
                // It fails only if that one ends at this moment.
                let _ = Command::new("kill").args(["-s", "KILL", &running[0].to_string()]).output();
            }
        }
        all
    }

    /// What people write who know the addresses.
    pub(crate) fn reference(&self) -> String {
        self.reference_to("NameService")
    }

    /// The same for another service.
    pub(crate) fn reference_to(&self, key: &str) -> String {
        let addresses: Vec<String> =
            self.listen.iter().map(|address| format!("iiop:1.2@{address}")).collect();
        format!("corbaloc:{}/{key}", addresses.join(","))
    }

    /// The names in the root, as each server that runs has them, which are the same.
    pub(crate) async fn listed(&self) -> BTreeSet<String> {
        let mut all: Option<BTreeSet<String>> = None;
        for server in self.servers.iter().flatten() {
            let orb = Orb::client().await.unwrap();
            let names = Names::at(&orb, &server.reference()).unwrap();
            let found = names.list("").await.unwrap().into_iter().map(|entry| entry.name).collect();
            orb.shutdown(Duration::ZERO).await;
            assert!(all.is_none_or(|other| other == found), "{} differs", server.address);
            all = Some(found);
        }
        all.expect("one runs")
    }
}

/// Addresses that are free now.
pub(crate) fn free(count: usize) -> Vec<String> {
    let open = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").expect("there is one"));
    let listeners: Vec<_> = open.collect();
    listeners.iter().map(|listener| listener.local_addr().expect("it has one").to_string()).collect()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts")
}

/// Callers that bind and look up, each name once, as long as they are let. Each is a client of its own.
pub(crate) struct Callers {
    tasks: Vec<tokio::task::JoinHandle<Result<Vec<String>, String>>>,
    trails: Vec<Arc<Trail>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answered: AtomicUsize,
    failed: AtomicBool,
    stop: AtomicBool,
    progress: Notify,
}

impl Callers {
    pub(crate) async fn start(reference: &str, round: &str) -> Callers {
        let shared = Arc::new(Shared::default());
        let (mut tasks, mut trails) = (Vec::new(), Vec::new());
        for caller in 0..CALLERS {
            let trail = Arc::new(Trail::default());
            let orb = Orb::builder().intercept_calls(trail.clone()).start().await.unwrap();
            let names = Names::at(&orb, reference).unwrap();
            let prefix = format!("{round}-{caller}");
            tasks.push(tokio::spawn(call(orb, names, prefix, shared.clone())));
            trails.push(trail);
        }
        Callers { tasks, trails, shared }
    }

    /// For each client, how many of its calls took more than one attempt.
    pub(crate) fn repeated(&self) -> Vec<u64> {
        self.trails.iter().map(|trail| trail.repeated()).collect()
    }

    /// Where the last call of the first client went.
    pub(crate) fn address(&self) -> Option<Arc<str>> {
        self.trails[0].last_address()
    }

    /// How many names have been bound and looked up.
    pub(crate) fn answered(&self) -> usize {
        self.shared.answered.load(Ordering::SeqCst)
    }

    /// Ends them in the middle of what they do.
    pub(crate) fn abort(&self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }

    /// Waits for so many more answers; what has failed is told in the end.
    pub(crate) async fn until(&self, more: usize) {
        let goal = self.shared.answered.load(Ordering::SeqCst) + more;
        loop {
            let progress = self.shared.progress.notified();
            let failed = self.shared.failed.load(Ordering::SeqCst);
            if failed || self.shared.answered.load(Ordering::SeqCst) >= goal {
                return;
            }
            tokio::time::timeout(PATIENCE, progress).await.expect("calls are answered");
        }
    }

    /// What was acknowledged.
    pub(crate) async fn stop(self) -> Result<Vec<String>, String> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut bound = Vec::new();
        for task in self.tasks {
            bound.extend(task.await.expect("no panic")?);
        }
        Ok(bound)
    }
}

async fn call(orb: Orb, names: Names, prefix: String, shared: Arc<Shared>) -> Result<Vec<String>, String> {
    let mut bound = Vec::new();
    let failed = |what: &str, name: &str, why: &dyn std::fmt::Display| {
        shared.failed.store(true, Ordering::SeqCst);
        shared.progress.notify_waiters();
        format!("{what} {name}: {why}")
    };
    while !shared.stop.load(Ordering::SeqCst) {
        let id = format!("{prefix}-{}", bound.len());
        let name = [NameComponent { id: id.clone(), kind: String::new() }];
        // Bound twice, the second time would say so.
        let object = names.root().object();
        names.bind_object(&id, object).await.map_err(|why| failed("bind", &id, &why))?;
        names.root().resolve(&name).await.map_err(|why| failed("resolve", &id, &why))?;
        bound.push(id);
        shared.answered.fetch_add(1, Ordering::SeqCst);
        shared.progress.notify_waiters();
    }
    orb.shutdown(Duration::from_secs(1)).await;
    Ok(bound)
}
