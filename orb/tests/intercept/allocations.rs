//! What interceptors cost where there are none: nothing.

use quorb::intercept::{
    ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor, ServerNext,
};
use quorb::{Reply, SystemException};

use crate::desk::{Office, WAYS, Way};

struct Nothing;

impl ClientInterceptor for Nothing {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        next.run(call).await
    }
}

impl ServerInterceptor for Nothing {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        next.run(call).await
    }
}

/// Calls that are counted together.
const CALLS: u64 = 200;

/// Allocations of one call, both sides together, on a runtime of one thread.
fn allocations_of_a_call(way: Way, interceptors: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let both = |mut builder: quorb::OrbBuilder| {
        for _ in 0..interceptors {
            builder = builder.intercept_calls(Nothing).intercept_service(Nothing);
        }
        builder
    };
    let calling = |builder| if way == Way::Collocated { builder } else { both(builder) };
    let office = runtime.block_on(Office::open(way, both, calling));
    let calls = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                office.desk.value().await.unwrap();
            }
        });
    };
    // Buffers grow to their size first.
    calls();
    allocation_counter::measure(calls).count_total as f64 / CALLS as f64
}

/// What a query without interceptors allocates at most, both sides together. In one process nothing: it is a direct call. On
/// a connection: arguments, the state of the call, the place where its caller waits, the two heads on their way through the
/// driver, the reply. On GIOP, the service contexts that have no field in its heads.
fn of_the_path(way: Way) -> f64 {
    match way {
        Way::Collocated => 0.0,
        Way::Native => 5.0,
        Way::Iiop => 8.0,
    }
}

#[test]
fn a_call_allocates_no_more_than_its_path_needs() {
    for way in WAYS {
        let count = allocations_of_a_call(way, 0);
        println!("{way:?}: {count} allocations a call without interceptors");
        assert!(count <= of_the_path(way) + 0.05, "{way:?}: {count}");
    }
}

/// What the first interceptor on either side adds: a box each, and one for the call that the outer one goes on with. In one
/// process the call is no direct one any more, and has arguments and a state; only the server's side has interceptors there.
fn of_a_pair(way: Way) -> f64 {
    match way {
        Way::Collocated => 5.0,
        Way::Native | Way::Iiop => 3.0,
    }
}

#[test]
fn each_interceptor_costs_one_allocation_a_side() {
    for way in WAYS {
        let [none, one, two] = [0, 1, 2].map(|count| allocations_of_a_call(way, count));
        println!("{way:?}: {none} allocations without, {one} with one a side, {two} with two");
        assert!(one - none <= of_a_pair(way) + 0.05, "{way:?}: {none}, {one}");
        assert!(two - one <= 2.05, "{way:?}: {none}, {one}, {two}");
        assert!(one > none, "{way:?}: the count sees interceptors: {none}, {one}");
    }
}
