//! The servant of the probe, and the hand that steers it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quorb::__private::{Operation, ServantCell, Thread};
use quorb::adapter::ValueTie;
use quorb::{Dispatch, Fault, IdlType, Invocation, ObjectRef, Proxy, Reply, Servant, SystemException, Tie};
use tokio::sync::Semaphore;

use super::probe::{INTERFACE, ProbeProxy, Tree, named};
use super::soon;

/// Steers the operations that wait, and counts what happens to them.
#[derive(Debug)]
pub struct Control {
    started: Semaphore,
    go: Semaphore,
    ended: Semaphore,
    dropped: Semaphore,
    /// Operations that waited and ran to their end.
    pub completed: AtomicUsize,
    /// Times that any operation was dispatched.
    pub dispatched: AtomicUsize,
    /// Blobs made.
    pub blobs: AtomicUsize,
    /// Notes taken.
    pub notes: AtomicUsize,
    noted: Semaphore,
}

impl Control {
    fn new() -> Arc<Control> {
        let none = || Semaphore::new(0);
        Arc::new(Control {
            started: none(),
            go: none(),
            ended: none(),
            dropped: none(),
            completed: AtomicUsize::new(0),
            dispatched: AtomicUsize::new(0),
            blobs: AtomicUsize::new(0),
            notes: AtomicUsize::new(0),
            noted: none(),
        })
    }

    /// Waits until one more waiting operation has started.
    pub async fn started(&self) {
        Control::take(&self.started, "an operation starts").await;
    }

    /// Lets `count` waiting operations go on.
    pub fn go(&self, count: usize) {
        self.go.add_permits(count);
    }

    /// Waits until one more waiting operation has run to its end.
    pub async fn ended(&self) {
        Control::take(&self.ended, "an operation ends").await;
    }

    /// Waits until one more waiting operation has been dropped before its end.
    pub async fn dropped(&self) {
        Control::take(&self.dropped, "an operation is dropped").await;
    }

    /// Waits until `count` more notes have been taken.
    pub async fn noted(&self, count: u32) {
        soon("notes arrive", self.noted.acquire_many(count)).await.expect("open for ever").forget();
    }

    async fn take(semaphore: &Semaphore, what: &str) {
        soon(what, semaphore.acquire()).await.expect("open for ever").forget();
    }

    /// Whether a waiting operation has started that nobody has asked for yet.
    pub fn has_started(&self) -> bool {
        self.started.available_permits() > 0
    }

    /// The body of every waiting operation.
    async fn hold(&self) {
        struct Held<'a>(&'a Control, bool);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                let semaphore = if self.1 { &self.0.ended } else { &self.0.dropped };
                semaphore.add_permits(1);
            }
        }
        let mut held = Held(self, false);
        self.started.add_permits(1);
        self.go.acquire().await.expect("open for ever").forget();
        self.completed.fetch_add(1, Ordering::SeqCst);
        held.1 = true;
    }
}

/// The state of the object.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct State {
    value: i32,
}

/// The servant.
pub struct ProbeServant {
    cell: Arc<ServantCell<State>>,
    control: Arc<Control>,
}

impl ProbeServant {
    /// A servant with the value 0.
    pub fn new() -> (ProbeServant, Arc<Control>) {
        let control = Control::new();
        (ProbeServant::steered_by(&control), control)
    }

    /// Another one, which the same hand steers.
    pub fn steered_by(control: &Arc<Control>) -> ProbeServant {
        ProbeServant { cell: ServantCell::new(State { value: 0 }), control: control.clone() }
    }
}

impl Tie for ProbeServant {
    type Proxy = ProbeProxy;
}

impl ValueTie for ProbeServant {
    type Value = State;

    fn cell(&self) -> &Arc<ServantCell<State>> {
        &self.cell
    }
}

impl Servant for ProbeServant {
    fn interface(&self) -> &'static quorb::__private::Interface {
        &INTERFACE
    }

    fn dispatch(self: Arc<Self>, call: Invocation) -> Dispatch {
        self.control.dispatched.fetch_add(1, Ordering::SeqCst);
        let name = call.operation().to_owned();
        let dispatched = match name.as_str() {
            "value" | "echo" | "blob" | "text" | "depth" | "panic_query" | "time_left" => self.answer(call),
            "add" | "note" | "store" | "swallow" | "panic_update" => self.change(call),
            "hold_query" | "hold_update" | "hold_short" | "hold_cancellable" => {
                Ok(Dispatch::Pending(Box::pin(self.hold(call))))
            }
            "time_left_of" | "update_through" | "bounce" => Ok(Dispatch::Pending(Box::pin(self.nest(call)))),
            _ => Ok(Dispatch::Done(call.unknown_operation())),
        };
        dispatched.unwrap_or_else(|refused| Dispatch::Done(*refused))
    }

    fn reactivate(&self) {
        self.cell.reactivate();
    }
}

type Refused = Box<Reply>;

fn one<T: IdlType>(call: &Invocation, name: &str) -> Result<T, Refused> {
    call.read(|body| body.next::<T>(name)).map_err(|exception| Box::new(call.refuse(exception)))
}

fn none(call: &Invocation) -> Result<(), Refused> {
    call.read(|_| Ok(())).map_err(|exception| Box::new(call.refuse(exception)))
}

fn reply<R: IdlType>(call: &Invocation, result: Result<R, Fault<Infallible>>) -> Reply {
    call.finish(result, |value, body| {
        body.items(1);
        body.put(value)
    })
}

impl ProbeServant {
    fn query<R: IdlType>(
        &self,
        call: Invocation,
        run: impl FnOnce(&State) -> R + Send + 'static,
    ) -> Dispatch {
        let operation = named(call.operation());
        self.cell.query::<R, Infallible>(
            call,
            operation,
            Thread::OfTheCall,
            move |state, _| Ok(run(state)),
            |value, body| {
                body.items(1);
                body.put(value)
            },
        )
    }

    fn update<R: IdlType>(
        &self,
        call: Invocation,
        run: impl FnOnce(&mut State) -> R + Send + 'static,
    ) -> Dispatch {
        let operation = named(call.operation());
        self.cell.update::<R, Infallible>(
            call,
            operation,
            Thread::OfTheCall,
            move |state, _| Ok(run(state)),
            |value, body| {
                body.items(1);
                body.put(value)
            },
        )
    }

    fn answer(&self, call: Invocation) -> Result<Dispatch, Refused> {
        Ok(match call.operation() {
            "value" => {
                none(&call)?;
                self.query(call, |state| state.value)
            }
            "echo" => {
                let octets = one::<Vec<u8>>(&call, "octets")?;
                self.query(call, move |_| octets)
            }
            "blob" => {
                let octets = one::<u32>(&call, "octets")?;
                self.control.blobs.fetch_add(1, Ordering::SeqCst);
                self.query(call, move |_| vec![7u8; octets as usize])
            }
            "text" => {
                let text = one::<String>(&call, "text")?;
                self.query(call, move |_| text)
            }
            "depth" => {
                let tree = one::<Tree>(&call, "tree")?;
                self.query(call, move |_| tree.depth())
            }
            "time_left" => {
                let left = call.context().time_left().unwrap_or_default().as_micros() as u64;
                self.query(call, move |_| left)
            }
            _ => self.query::<i32>(call, |_| panic!("as the test wants")),
        })
    }

    fn change(&self, call: Invocation) -> Result<Dispatch, Refused> {
        let control = self.control.clone();
        Ok(match call.operation() {
            "add" => {
                let n = one::<i32>(&call, "n")?;
                self.update(call, move |state| {
                    state.value += n;
                    state.value
                })
            }
            "note" => {
                let n = one::<i32>(&call, "n")?;
                self.update(call, move |state| {
                    state.value += n;
                    control.notes.fetch_add(1, Ordering::SeqCst);
                    control.noted.add_permits(1);
                    state.value
                })
            }
            "store" | "swallow" => {
                let octets = one::<Vec<u8>>(&call, "octets")?;
                self.update(call, move |_| {
                    control.noted.add_permits(1);
                    octets.len() as u32
                })
            }
            _ => self.update::<i32>(call, |state| {
                state.value += 1000;
                panic!("as the test wants")
            }),
        })
    }

    async fn hold(self: Arc<Self>, call: Invocation) -> Reply {
        let operation: &'static Operation = named(call.operation());
        if operation.name == "hold_query" {
            return match self.cell.shared(&call, operation).await {
                Ok(state) => {
                    self.control.hold().await;
                    reply(&call, Ok(state.value))
                }
                Err(exception) => call.refuse(exception),
            };
        }
        match self.cell.exclusive(&call, operation).await {
            Ok(mut state) => {
                self.control.hold().await;
                state.value += 1;
                reply(&call, Ok(state.value))
            }
            Err(exception) => call.refuse(exception),
        }
    }

    /// Operations that call other objects.
    async fn nest(self: Arc<Self>, call: Invocation) -> Reply {
        match self.try_nest(&call).await {
            Ok(reply) => reply,
            Err(exception) => call.refuse(exception),
        }
    }

    async fn try_nest(&self, call: &Invocation) -> Result<Reply, SystemException> {
        let operation = named(call.operation());
        Ok(match operation.name {
            "time_left_of" => {
                let other = call.read(|body| body.next::<ProbeProxy>("other"))?;
                let _state = self.cell.shared(call, operation).await?;
                reply(call, Ok(other.time_left().await?))
            }
            "update_through" => {
                let (other, back) = call.read(|body| Ok((body.next("other")?, body.next("back")?)))?;
                let (other, back): (ProbeProxy, ProbeProxy) = (other, back);
                let mut state = self.cell.exclusive(call, operation).await?;
                state.value += 1;
                let result = if other.object().is_nil() {
                    back.add(1).await?
                } else {
                    let nil = ProbeProxy::from_object(ObjectRef::nil());
                    other.update_through(&nil, &back).await?
                };
                reply(call, Ok(result))
            }
            _ => {
                let (this, other, depth) = call.read(|body| {
                    Ok((body.next::<ProbeProxy>("this")?, body.next("other")?, body.next::<i32>("depth")?))
                })?;
                let other: ProbeProxy = other;
                let _state = self.cell.shared(call, operation).await?;
                let below = if depth == 0 { 0 } else { other.bounce(&other, &this, depth - 1).await? };
                reply(call, Ok(below + 1))
            }
        })
    }
}
