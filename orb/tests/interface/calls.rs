//! How methods run: plain, blocking and asynchronous ones, with and without the call's context, and what they raise.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use quorb::exception::{Completion, ExceptionKind};
use quorb::{Context, Fault, Minor, SystemException, Tie, interface};
use tokio::sync::Notify;

use crate::exceptions::{Closed, OutOfRange, Refusal};
use crate::structs::Point;
use crate::transport::everywhere;

#[interface]
trait Runner {
    /// A plain function.
    fn plain(&self) -> u32;
    #[blocking]
    fn blocking_read(&self, text: &str) -> usize32;
    #[blocking]
    fn blocking_write(&mut self, value: u32);
    async fn waits(&self, text: &str, numbers: &[i32], point: &Point) -> String;
    async fn waits_alone(&mut self, value: u32) -> Result<u32, Closed>;
    /// Locks for itself.
    #[update]
    fn counts(&self) -> u32;
    #[update]
    async fn counts_later(&self) -> u32;
    #[oneway]
    #[update]
    fn notify(&self, text: &str);
    #[oneway]
    async fn notify_later(&mut self);
    #[update]
    #[cancellable]
    #[idempotent]
    async fn notified(&self) -> Vec<String>;
    #[query]
    async fn defaulted(&self, twice: bool) -> u32 {
        if twice {
            return self.plain() * 2;
        }
        self.plain()
    }
}

#[allow(non_camel_case_types)]
type usize32 = u32;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Machine {
    value: u32,
    count: AtomicU32,
    notices: Mutex<Vec<String>>,
    #[serde(skip)]
    noticed: Notify,
}

impl Runner for Machine {
    fn plain(&self) -> u32 {
        self.value
    }

    fn blocking_read(&self, text: &str) -> u32 {
        text.len() as u32
    }

    fn blocking_write(&mut self, value: u32) {
        self.value = value;
    }

    async fn waits(&self, text: &str, numbers: &[i32], point: &Point) -> String {
        tokio::task::yield_now().await;
        format!("{text} {numbers:?} {}", point.x)
    }

    async fn waits_alone(&mut self, value: u32) -> Result<u32, Closed> {
        tokio::task::yield_now().await;
        if value == 0 {
            return Err(Closed);
        }
        Ok(std::mem::replace(&mut self.value, value))
    }

    fn counts(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    async fn counts_later(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn notify(&self, text: &str) {
        self.notices.lock().unwrap().push(text.to_owned());
        self.noticed.notify_one();
    }

    async fn notify_later(&mut self) {
        self.notify("later");
    }

    async fn notified(&self) -> Vec<String> {
        self.noticed.notified().await;
        std::mem::take(&mut self.notices.lock().unwrap())
    }
}

#[tokio::test]
async fn every_way_to_run() {
    everywhere(
        || RunnerServant::new(Machine::default()),
        async |runner: RunnerProxy| {
            assert_eq!(runner.blocking_read("four").await, Ok(4));
            runner.blocking_write(5).await.unwrap();
            assert_eq!(runner.plain().await, Ok(5));
            let point = Point { x: 7, ..Point::default() };
            assert_eq!(runner.waits("a", &[1, 2], &point).await.unwrap(), "a [1, 2] 7");
            assert_eq!(runner.waits_alone(6).await, Ok(5));
            assert_eq!(runner.waits_alone(0).await, Err(Fault::User(Closed)));
            assert_eq!(runner.defaulted(true).await, Ok(12));
            assert_eq!((runner.counts().await, runner.counts_later().await), (Ok(0), Ok(1)));
        },
    )
    .await;
}

#[tokio::test]
async fn calls_with_borrowed_arguments_can_be_spawned() {
    let runner = RunnerServant::new(Machine::default()).into_local_proxy();
    let call = tokio::spawn(async move {
        let (text, numbers) = ("b".to_owned(), vec![3]);
        runner.waits(&text, &numbers, &Point::default()).await
    });
    assert_eq!(call.await.unwrap().unwrap(), "b [3] 0");
}

#[tokio::test]
async fn nobody_waits_for_oneways() {
    everywhere(
        || RunnerServant::new(Machine::default()),
        async |runner: RunnerProxy| {
            runner.notify("now").await.unwrap();
            assert_eq!(runner.notified().await.unwrap(), ["now"]);
            runner.notify_later().await.unwrap();
            assert_eq!(runner.notified().await.unwrap(), ["later"]);
        },
    )
    .await;
}

#[interface]
trait Teller {
    fn who(&self, cx: &Context, prefix: &str) -> String;
    async fn who_later(&mut self, cx: &quorb::Context) -> String;
    #[blocking]
    fn who_blocking(&self, cx: &Context) -> String;
    #[attribute(set)]
    fn mood(&self, cx: &Context) -> Result<String, Fault>;
    fn refuses(&self, how: u8) -> Result<(), Refusal>;
    fn may_fail(&self, how: u8) -> Result<i32, Fault<OutOfRange>>;
    async fn fails(&self) -> Result<String, Fault>;
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Clerk(String);

fn overloaded() -> SystemException {
    SystemException::new(ExceptionKind::NoResources, Minor(7), Completion::No)
}

impl Teller for Clerk {
    fn who(&self, cx: &Context, prefix: &str) -> String {
        format!("{prefix}{}", cx.operation())
    }

    async fn who_later(&mut self, cx: &Context) -> String {
        cx.operation().to_owned()
    }

    fn who_blocking(&self, cx: &Context) -> String {
        cx.operation().to_owned()
    }

    fn mood(&self, cx: &Context) -> Result<String, Fault> {
        Ok(format!("{} {}", cx.operation(), self.0))
    }

    fn set_mood(&mut self, cx: &Context, value: String) -> Result<(), Fault> {
        self.0 = format!("{} {value}", cx.operation());
        Ok(())
    }

    fn refuses(&self, how: u8) -> Result<(), Refusal> {
        match how {
            0 => Ok(()),
            1 => Err(Closed.into()),
            _ => Err(OutOfRange { n: 1, m: 2 }.into()),
        }
    }

    fn may_fail(&self, how: u8) -> Result<i32, Fault<OutOfRange>> {
        match how {
            0 => Ok(1),
            1 => Err(Fault::User(OutOfRange { n: 3, m: 4 })),
            _ => Err(overloaded().into()),
        }
    }

    async fn fails(&self) -> Result<String, Fault> {
        Err(overloaded().into())
    }
}

#[tokio::test]
async fn the_context_is_not_on_the_wire() {
    everywhere(
        || TellerServant::new(Clerk("calm".into())),
        async |teller: TellerProxy| {
            assert_eq!(teller.who("> ").await.unwrap(), "> who");
            assert_eq!(teller.who_later().await.unwrap(), "who_later");
            assert_eq!(teller.who_blocking().await.unwrap(), "who_blocking");
            teller.set_mood("glad".into()).await.unwrap();
            assert_eq!(teller.mood().await.unwrap(), "_get_mood _set_mood glad");
        },
    )
    .await;
}

#[tokio::test]
async fn exceptions_arrive_as_they_were_raised() {
    everywhere(
        || TellerServant::new(Clerk(String::new())),
        async |teller: TellerProxy| {
            assert_eq!(teller.refuses(0).await, Ok(()));
            assert_eq!(teller.refuses(1).await, Err(Fault::User(Refusal::Closed(Closed))));
            assert_eq!(
                teller.refuses(2).await,
                Err(Fault::User(Refusal::OutOfRange(OutOfRange { n: 1, m: 2 })))
            );
            assert_eq!(teller.may_fail(0).await, Ok(1));
            assert_eq!(teller.may_fail(1).await, Err(Fault::User(OutOfRange { n: 3, m: 4 })));
            assert_eq!(teller.may_fail(2).await, Err(Fault::System(overloaded())));
            assert_eq!(teller.fails().await, Err(Fault::System(overloaded())));
        },
    )
    .await;
}
