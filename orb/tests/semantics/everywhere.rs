//! The suite of behaviour over every way to a plain object.

mod any_way {
    use crate::behaviour::{
        basics::*, cancel::*, chains::*, deadlines::*, deferred::*, drain::*, oneway::*, panics::*,
        refusals::*, resolving::*,
    };

    every_way! {
        an_object_is_the_same_wherever_it_is;
        oneway_calls_use_nothing_up;
        an_update_that_waits_never_runs;
        an_update_that_has_started_runs_to_its_end;
        a_query_is_dropped;
        a_cancellable_update_stops;
        an_update_that_comes_back_is_refused;
        a_concurrent_update_may_come_back;
        a_call_without_any_time;
        a_servant_that_takes_too_long;
        the_deadline_that_the_interface_declares;
        nested_calls_have_what_is_left;
        a_call_that_waits_too_long_never_runs;
        it_is_sent_before_it_is_awaited;
        its_end_waits_to_be_taken;
        dropping_it_cancels_a_query_and_not_a_started_update;
        detached_it_goes_on;
        thousands_are_in_flight;
        its_deadline_is_that_of_the_call;
        calls_under_way_finish;
        a_draining_server;
        what_the_server_refuses_is_lost;
        a_panic_in_an_update;
        a_panic_in_a_query;
        updates_that_wait_behind_a_panic;
        references_to_nothing;
        operations_that_do_not_exist;
        arguments_of_the_wrong_type;
        text_that_does_not_convert;
        values_that_nest_too_deep;
        what_is_gone_is_looked_up_again;
    }
}

mod any_connection {
    use crate::behaviour::{crowds::*, limits::*, quiet::*};

    every_connection! {
        on_the_client_for_requests;
        on_the_client_for_replies;
        on_the_server_for_requests;
        on_the_server_for_replies;
        a_single_place;
        large_bodies_both_ways;
        a_client_that_was_quiet_for_long;
    }
}
