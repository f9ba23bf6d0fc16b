//! Where interceptors stand: in order, around everything, on every way.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quorb::adapter::ReplyBody;
use quorb::intercept::{
    AttemptOutcome, AttemptReport, ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall,
    ServerInterceptor, ServerNext,
};
use quorb::{Completion, ExceptionKind, Fault, Reply, SystemException};

use crate::desk::{DeskProxy, Log, Office, TooMuch, Way, every_way, until};

/// Writes when it begins and ends.
pub(crate) struct Scribe(pub(crate) &'static str, pub(crate) Log);

/// Writes when it is dropped before its end.
struct Ending<'a>(&'a Scribe, bool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.1.write(format!("{} dropped", self.0.0));
        }
    }
}

impl ClientInterceptor for Scribe {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        self.1.write(format!("{}> {}", self.0, call.operation()));
        let mut ending = Ending(self, false);
        let reply = next.run(call).await;
        ending.1 = true;
        let how = match &reply {
            Ok(reply) => reply.user_exception().unwrap_or_else(|| "ok".to_owned()),
            Err(exception) => exception.kind().to_string(),
        };
        self.1.write(format!("{}< {how}", self.0));
        reply
    }

    fn watches_attempts(&self) -> bool {
        true
    }

    fn attempted(&self, operation: &str, attempt: &AttemptReport) {
        let outcome = match &attempt.outcome {
            AttemptOutcome::Answered { .. } => "answered",
            AttemptOutcome::HandedOver => "handed over",
            AttemptOutcome::SentOn => "sent on",
            _ => "failed",
        };
        self.1.write(format!("{} {operation} #{} {outcome}", self.0, attempt.number));
    }
}

impl ServerInterceptor for Scribe {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        self.1.write(format!("{}> {} {}", self.0, call.interface().name(), call.operation()));
        let mut ending = Ending(self, false);
        let reply = next.run(call).await;
        ending.1 = true;
        let how = match &reply.body {
            ReplyBody::Results(_) => "ok".to_owned(),
            ReplyBody::User(_) => "raised".to_owned(),
            ReplyBody::System(exception) => exception.kind().to_string(),
            ReplyBody::Forward { .. } => "forwarded".to_owned(),
        };
        self.1.write(format!("{}< {how}", self.0));
        reply
    }
}

async fn watched(way: Way) -> (Office, Log) {
    let log = Log::default();
    let scribe = |name| Scribe(name, log.clone());
    let serving = |builder: quorb::OrbBuilder| {
        builder.intercept_service(scribe("s1")).intercept_service(Arc::new(scribe("s2")))
    };
    let calling = |builder: quorb::OrbBuilder| {
        builder.intercept_calls(scribe("c1")).intercept_calls(Arc::new(scribe("c2")))
    };
    (Office::open(way, serving, calling).await, log)
}

#[tokio::test]
async fn they_stand_in_order_around_a_call() {
    every_way(async |way| {
        let (office, log) = watched(way).await;
        assert_eq!(office.desk.value().await.unwrap(), 0);
        assert_eq!(
            log.take(),
            "c1> value, c2> value, s1> Desk value, s2> Desk value, s2< ok, s1< ok, \
             c1 value #1 answered, c2 value #1 answered, c2< ok, c1< ok"
        );
    })
    .await;
}

#[tokio::test]
async fn they_see_exceptions_as_what_they_are() {
    every_way(async |way| {
        let (office, log) = watched(way).await;
        assert_eq!(office.desk.add(2000).await, Err(Fault::User(TooMuch { limit: 1000 })));
        let seen = log.take();
        assert!(seen.contains("s2< raised, s1< raised"), "{seen}");
        assert!(seen.ends_with("c2< IDL:intercept/TooMuch:1.0, c1< IDL:intercept/TooMuch:1.0"), "{seen}");
        let fault = office.desk.panic().await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::Unknown));
        let seen = log.take();
        assert!(seen.contains("s2< UNKNOWN, s1< UNKNOWN"), "a panic is a reply to them: {seen}");
        assert!(seen.ends_with("c2 panic #1 failed, c2< UNKNOWN, c1< UNKNOWN"), "{seen}");
    })
    .await;
}

#[tokio::test]
async fn oneway_calls_and_those_that_every_object_answers_pass_through_them() {
    every_way(async |way| {
        let (office, log) = watched(way).await;
        office.desk.note().await.unwrap();
        until("the note is taken", || office.seen.notes.load(Ordering::SeqCst) == 1).await;
        until("the interceptors have seen it", || office.server.open_calls().served == 0).await;
        let seen = log.take();
        assert!(seen.contains("c1 note #1 handed over") && seen.contains("s2< ok, s1< ok"), "{seen}");
        assert!(quorb::Proxy::object(&office.desk).is_a("IDL:a/b:1.0").await.is_ok_and(|is_a| !is_a));
        let seen = log.take();
        assert!(seen.starts_with("c1> _is_a, c2> _is_a, s1> Desk _is_a"), "{seen}");
    })
    .await;
}

#[tokio::test]
async fn they_are_dropped_with_a_call_that_is_given_up() {
    every_way(async |way| {
        let (office, log) = watched(way).await;
        let desk = office.desk.clone();
        let call = tokio::spawn(async move { desk.wait_for_ever().await });
        until("the method has begun", || office.seen.waits.load(Ordering::SeqCst) == 1).await;
        log.take();
        call.abort();
        call.await.unwrap_err();
        until("nothing is left of it", || office.server.open_calls().served == 0).await;
        let seen = log.take();
        for name in ["c1", "c2", "s1", "s2"] {
            assert!(seen.contains(&format!("{name} dropped")), "{name}: {seen}");
        }
    })
    .await;
}

#[tokio::test]
async fn nested_calls_have_the_call_around_them_as_their_parent() {
    struct Parents(Log);
    impl ClientInterceptor for Parents {
        async fn call(
            &self,
            call: &mut ClientCall<'_>,
            next: ClientNext<'_>,
        ) -> Result<ClientReply, SystemException> {
            let parent = call.parent().map_or("nobody", quorb::Context::operation);
            self.0.write(format!("{} for {parent}", call.operation()));
            next.run(call).await
        }
    }
    every_way(async |way| {
        let log = Log::default();
        let parents = || Parents(log.clone());
        let serving = |builder: quorb::OrbBuilder| match way {
            Way::Collocated => builder,
            _ => builder.intercept_calls(parents()),
        };
        let office = Office::open(way, serving, |builder| builder.intercept_calls(parents())).await;
        assert_eq!(office.desk.value_of(office.desk.clone()).await.unwrap(), 0);
        assert_eq!(log.take(), "value_of for nobody, value for value_of");
    })
    .await;
}

/// The first attempt meets a server that has gone, and the call is attempted again.
#[tokio::test]
async fn every_attempt_is_seen() {
    let log = Log::default();
    let calling = |builder: quorb::OrbBuilder| builder.intercept_calls(Scribe("c", log.clone()));
    let office = Office::open(Way::Native, |builder| builder, calling).await;
    office.desk.value().await.unwrap();
    log.take();
    struct CutFirst(std::sync::atomic::AtomicBool);
    impl ServerInterceptor for CutFirst {
        async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
            let reply = next.run(call).await;
            if self.0.swap(false, Ordering::SeqCst) { reply.lost_with_connection() } else { reply }
        }
    }
    let second = quorb::Orb::builder().memory(&office.network).listen("memory:other");
    let second = second.intercept_service(CutFirst(true.into())).start().await.unwrap();
    let plain = crate::desk::Plain::default();
    let own = second.serve("desk", crate::desk::DeskServant::new(plain)).unwrap();
    let desk: DeskProxy = office.client.bind(&quorb::Proxy::object(&own).to_string()).unwrap();
    assert_eq!(desk.value().await.unwrap(), 0);
    assert_eq!(log.take(), "c> value, c value #1 failed, c value #2 answered, c< ok");
    // An update is not executed twice: the second attempt is answered from memory.
    assert_eq!(desk.add(7).await.unwrap(), 7);
    assert_eq!(log.take(), "c> add, c add #1 answered, c< ok");
}

#[tokio::test]
async fn a_lost_reply_ends_in_a_timeout_that_leaves_open_what_was_executed() {
    struct Lose;
    impl ServerInterceptor for Lose {
        async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
            let loses = call.operation() == "add";
            let reply = next.run(call).await;
            if loses { reply.lost() } else { reply }
        }
    }
    every_way(async |way| {
        let office = Office::open(way, |builder| builder.intercept_service(Lose), |builder| builder).await;
        let hurried = quorb::Proxy::with_deadline(&office.desk, std::time::Duration::from_millis(50));
        let fault = hurried.add(5).await.unwrap_err();
        let Fault::System(exception) = fault else { panic!("{fault:?}") };
        assert_eq!((exception.kind(), exception.completed()), (ExceptionKind::Timeout, Completion::Maybe));
        assert_eq!(office.desk.value().await.unwrap(), 5, "it was executed");
        until("nothing is left of it", || office.server.open_calls().served == 0).await;
    })
    .await;
}
