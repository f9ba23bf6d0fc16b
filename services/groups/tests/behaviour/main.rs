//! The suite of behaviour that every object of the broker passes, against replicated objects: three members, both styles,
//! over both protocols and in a member's own process. What cannot hold for a group stands in the table, with its reason. Beside
//! it the calls of every kind of interface, signature and exception that the macros make, and streams.
//!
//! Tests of plain objects that are not here, and why:
//!
//! * *Activators, locators, default servants, holding and discarding managers*: they find a servant for a call, and a replica is
//!   a servant that the domain has put there.
//! * *Reply caches, retries and sets of endpoints of a plain server*: a group remembers requests for itself; `tests/kills` and
//!   `tests/objects/calls.rs` hold it to more.
//! * *What a collocated call costs*: an update goes to all members, and costs what that costs; a query asks for its lease.
//! * *Turns within one servant, as its own process sees them* (`orb/tests/interface/collocated/turns.rs`): the order of the group
//!   decides whose turn it is. Refused chains, panics and oneway calls are in the table, also in a member's process.
//! * *Objects and locators that come and go within a process* (`collocated/lives.rs`): what one member takes out of service the
//!   others still serve, and a method that keeps its thread is one method of each member.
//! * *Streams over a connection that is cut, and their limits*: belong to the connection, whatever is behind it.

#[macro_use]
mod rig;

mod collocated;
mod streams;
mod transport;

#[path = "../../../../orb/tests/interface/calls.rs"]
mod calls;
#[path = "../../../../orb/tests/interface/exceptions.rs"]
mod exceptions;
#[path = "../../../../orb/tests/interface/grid.rs"]
mod grid;
#[path = "../../../../orb/tests/interface/inheritance.rs"]
mod inheritance;
#[path = "../../../../orb/tests/interface/names.rs"]
mod names;
#[path = "../../../../orb/tests/interface/signatures.rs"]
mod signatures;
#[path = "../../../../orb/tests/interface/structs.rs"]
mod structs;
#[path = "../../../../orb/tests/interface/support.rs"]
#[allow(dead_code, reason = "it is for more types than have to do with groups")]
mod support;

#[path = "../../../../orb/tests/behaviour/mod.rs"]
mod behaviour;

/// Makes tests of a table of behaviours: one for each style in which the behaviour `holds`, and each way. Where it does not
/// there is the reason.
macro_rules! table {
    ($($module:ident :: $test:ident: $active:tt $executor:tt;)*) => {
        mod active { $(table! { @one Active $module $test $active })* }
        mod executor { $(table! { @one Executor $module $test $executor })* }
    };
    (@one $style:ident $module:ident $test:ident holds) => {
        mod $test {
            use crate::behaviour::$module::$test as behaviour;
            use crate::rig::{Link, Way};
            use quorb_groups::object::Style;
            #[tokio::test] async fn native() { behaviour(Way(Style::$style, Link::Native)).await; }
            #[tokio::test] async fn iiop() { behaviour(Way(Style::$style, Link::Iiop)).await; }
            #[tokio::test] async fn in_a_members_process() { behaviour(Way(Style::$style, Link::Here)).await; }
        }
    };
    (@one $style:ident $module:ident $test:ident remotely) => {
        mod $test {
            use crate::behaviour::$module::$test as behaviour;
            use crate::rig::{Link, Way};
            use quorb_groups::object::Style;
            #[tokio::test] async fn native() { behaviour(Way(Style::$style, Link::Native)).await; }
            #[tokio::test] async fn iiop() { behaviour(Way(Style::$style, Link::Iiop)).await; }
        }
    };
    (@one $style:ident $module:ident $test:ident $reason:ident) => {
        const _: &str = {
            let _ = crate::behaviour::$module::$test;
            crate::$reason
        };
    };
}

const ORDERED: &str =
    "an update whose place is agreed on is executed by all members: nobody's going away takes it back";
const NOBODY_CALLED: &str = "the active style calls nobody";
const ONE_BY_ONE: &str =
    "the members execute updates one after the other, those that lock for themselves, too";
const TAKEN_BACK: &str =
    "an executor that panicked has shipped nothing: the object goes on as if the update had not come";
const OTHERS_SERVE: &str = "what one member takes out of service the others still serve";

table! {
    basics::an_object_is_the_same_wherever_it_is: holds holds;
    basics::oneway_calls_use_nothing_up: holds holds;
    cancel::an_update_that_waits_never_runs: ORDERED ORDERED;
    cancel::an_update_that_has_started_runs_to_its_end: holds holds;
    cancel::a_query_is_dropped: holds holds;
    cancel::a_cancellable_update_stops: ORDERED ORDERED;
    chains::an_update_that_comes_back_is_refused: NOBODY_CALLED holds;
    chains::a_concurrent_update_may_come_back: NOBODY_CALLED ONE_BY_ONE;
    crowds::a_single_place: remotely remotely;
    crowds::large_bodies_both_ways: remotely remotely;
    deadlines::a_call_without_any_time: holds holds;
    deadlines::a_servant_that_takes_too_long: holds holds;
    deadlines::the_deadline_that_the_interface_declares: holds holds;
    deadlines::nested_calls_have_what_is_left: holds holds;
    deadlines::a_call_that_waits_too_long_never_runs: ORDERED ORDERED;
    deferred::it_is_sent_before_it_is_awaited: holds holds;
    deferred::its_end_waits_to_be_taken: holds holds;
    deferred::dropping_it_cancels_a_query_and_not_a_started_update: holds holds;
    deferred::detached_it_goes_on: holds holds;
    deferred::thousands_are_in_flight: holds holds;
    deferred::its_deadline_is_that_of_the_call: holds holds;
    drain::calls_under_way_finish: OTHERS_SERVE OTHERS_SERVE;
    limits::on_the_client_for_requests: remotely remotely;
    limits::on_the_client_for_replies: remotely remotely;
    limits::on_the_server_for_requests: remotely remotely;
    limits::on_the_server_for_replies: remotely remotely;
    oneway::a_draining_server: OTHERS_SERVE OTHERS_SERVE;
    oneway::what_the_server_refuses_is_lost: holds TAKEN_BACK;
    panics::a_panic_in_an_update: holds TAKEN_BACK;
    panics::a_panic_in_a_query: holds holds;
    panics::updates_that_wait_behind_a_panic: holds TAKEN_BACK;
    quiet::a_client_that_was_quiet_for_long: remotely remotely;
    refusals::references_to_nothing: holds holds;
    refusals::operations_that_do_not_exist: holds holds;
    refusals::arguments_of_the_wrong_type: holds holds;
    refusals::text_that_does_not_convert: holds holds;
    refusals::values_that_nest_too_deep: holds holds;
    resolving::what_is_gone_is_looked_up_again: OTHERS_SERVE OTHERS_SERVE;
}
