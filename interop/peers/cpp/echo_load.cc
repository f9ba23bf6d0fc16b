// Size, number and order of calls: large sequences, many callers at once, oneway, forwarding, restart.

#include "echo_checks.h"
#include "image.h"
#include "samples.h"
#include "waiting.h"

#include <iostream>
#include <thread>

namespace {

using namespace Torture;

// ---- Size -------------------------------------------------------------------------------------------------

void large_octets(Session& session) {
    Echo_var target = echo_of(session);
    Octets value;
    value.length(session.options.size);
    CORBA::Octet* bytes = value.get_buffer();
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        bytes[i] = static_cast<CORBA::Octet>(session.random.next());
    Octets_var got = target->echo_octets(value);
    expect_same(value, got.in());
}

void large_longs(Session& session) {
    Echo_var target = echo_of(session);
    Longs value;
    value.length(session.options.size / 4);
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        value[i] = static_cast<CORBA::Long>(session.random.next());
    Longs_var got = target->echo_longs(value);
    expect_same(value, got.in());
}

void large_doubles(Session& session) {
    Echo_var target = echo_of(session);
    Doubles value;
    value.length(session.options.size / 8);
    Maker maker{session.random, session.options.utf8};
    for (CORBA::ULong i = 0; i < value.length(); ++i)
        value[i] = maker.number();
    Doubles_var got = target->echo_doubles(value);
    expect_same(value, got.in());
}

void large_string(Session& session) {
    Echo_var target = echo_of(session);
    std::string value;
    while (value.size() < session.options.size)
        value += static_cast<char>(' ' + session.random.below(95));
    CORBA::String_var got = target->echo_string(value.c_str());
    expect_same(value.c_str(), got.in());
}

void make_octets(Session& session) {
    Echo_var target = echo_of(session);
    for (CORBA::ULong length : {CORBA::ULong(0), CORBA::ULong(1), CORBA::ULong(session.options.size)}) {
        Octets_var got = target->make_octets(length, 7);
        expect_equal(length, got->length());
        for (CORBA::ULong i = 0; i < length; ++i)
            if (got[i] != (7 + i) % 251)
                throw Mismatch("octet " + std::to_string((7 + i) % 251) + " at " + std::to_string(i),
                               std::to_string(got[i]));
    }
}

// Every length around the places where a sender may cut a message into fragments.
void every_length(Session& session) {
    Echo_var target = echo_of(session);
    for (CORBA::ULong middle : {8192u, 16384u, 32768u, 65536u}) {
        for (CORBA::ULong length = middle - 80; length < middle + 16; ++length) {
            Octets value;
            value.length(length);
            for (CORBA::ULong i = 0; i < length; ++i)
                value[i] = static_cast<CORBA::Octet>(i * 7 + length);
            Octets_var got = target->echo_octets(value);
            expect_same(value, got.in());
        }
    }
}

// ---- Number -----------------------------------------------------------------------------------------------

void mixed_calls(Session& session, Echo_ptr target) {
    for (int i = 0; i < session.options.rounds; ++i) {
        auto number = static_cast<CORBA::Long>(session.random.next());
        expect_equal(number, target->echo_long(number));
        auto record = random_value<Record>(session);
        Record_var back = target->echo_record(record);
        expect_same(record, back.in());
        auto octets = random_value<Octets>(session, 12000);
        Octets_var octets_back = target->echo_octets(octets);
        expect_same(octets, octets_back.in());
        std::string text = std::to_string(number);
        expect_user<Reason>([&] { target->raise_reason(text.c_str()); },
                            [&](const Reason& raised) { expect_text(text, raised.text.in()); });
    }
}

void callers(Session& session) {
    Echo_var target = echo_of(session);
    in_threads(session.options.threads, [&](int index) {
        Session own{session.options, session.orb, session.object, Random(session.options.seed * 1000 + index)};
        mixed_calls(own, target);
    });
}

// All callers wait inside the server at the same time; none of them may be kept out by the others.
void in_flight(Session& session) {
    Echo_var target = echo_of(session);
    const int count = session.options.threads;
    std::thread release([&] {
        try {
            await(session, "all callers to be held", [&] { return target->held() == static_cast<CORBA::ULong>(count); });
        } catch (...) {
            // Released below all the same; the count of those released then tells.
        }
    });
    std::exception_ptr failure;
    std::thread callers([&] {
        try {
            in_threads(count, [&](int) { target->hold(); });
        } catch (...) {
            failure = std::current_exception();
        }
    });
    release.join();
    CORBA::ULong released = target->release();
    callers.join();
    if (failure)
        std::rethrow_exception(failure);
    expect_equal(count, released);
    expect_equal(0, target->held());
}

// Oneway calls arrive, each of them once.
void oneway(Session& session) {
    Echo_var target = echo_of(session);
    CORBA::LongLong sum = target->posted();
    for (int i = 0; i < 200; ++i) {
        auto value = static_cast<CORBA::Long>(session.random.below(1000000)) - 500000;
        target->post(value);
        sum += value;
    }
    await(session, "the sum of all posts", [&] { return target->posted() == sum; });
}

// ---- Forwarding -------------------------------------------------------------------------------------------

void expect_forwarded(Session& session, Echo_ptr target, Echo_ptr forwarding) {
    CORBA::Long before = target->calls();
    for (CORBA::Long value : {1, -2, 3}) {
        expect_equal(value, forwarding->echo_long(value));
        auto record = random_value<Record>(session);
        Record_var back = forwarding->echo_record(record);
        expect_same(record, back.in());
    }
    expect_equal(before + 3, target->calls());
    expect_user<Plain>([&] { forwarding->raise_plain(); }, [](const Plain&) {});
}

void forward(Session& session) {
    Echo_var target = echo_of(session);
    Echo_var forwarding = target->forwarded(target, false);
    expect_forwarded(session, target, forwarding);
    if (forwarding->_non_existent() || !forwarding->_is_a("IDL:Torture/Echo:1.0"))
        throw Mismatch("a forwarded object to exist and be an Echo", "the opposite");
}

void forward_permanent(Session& session) {
    Echo_var target = echo_of(session);
    Echo_var forwarding = target->forwarded(target, true);
    expect_forwarded(session, target, forwarding);
}

void forward_chain(Session& session) {
    Echo_var target = echo_of(session);
    Echo_var first = target->forwarded(target, false);
    Echo_var second = target->forwarded(first, true);
    Echo_var third = target->forwarded(second, false);
    expect_forwarded(session, target, third);
}

// A request with a large body is sent again, whole, to where the object went.
void forward_large(Session& session) {
    Echo_var target = echo_of(session);
    Session own{session.options, session.orb, target->forwarded(target, false), session.random};
    large_octets(own);
}

// ---- Restart ----------------------------------------------------------------------------------------------

// Calls until the server has been seen to have started anew (its count of calls fell), then `loops` calls more.
// `calling` on standard output says that the first call succeeded, so that the server may be stopped now.
void restart(Session& session) {
    Echo_var target = echo_of(session);
    CORBA::Long last = 0;
    bool announced = false;
    bool restarted = !session.options.expect_restart;
    int left = session.options.loops;
    await(session, "the server to start anew and serve", [&] {
        try {
            auto value = static_cast<CORBA::Long>(session.random.next());
            expect_equal(value, target->echo_long(value));
            CORBA::Long calls = target->calls();
            restarted |= calls <= last;
            last = calls;
        } catch (const CORBA::SystemException& raised) {
            if (!is_lost_server(session, raised))
                throw;
            return false;
        }
        if (!announced)
            std::cout << "calling" << std::endl;
        announced = true;
        return restarted && left-- <= 0;
    });
}

// Calls, says `idle`, and calls again when it is told to on standard input: meanwhile the connection may be closed.
void idle(Session& session) {
    Echo_var target = echo_of(session);
    expect_equal(1, target->echo_long(1));
    std::cout << "idle" << std::endl;
    std::string told;
    if (!std::getline(std::cin, told))
        throw Mismatch("a line on standard input", "its end");
    expect_equal(2, target->echo_long(2));
}

// A call is under way while the server ends: `holding` on standard output says that it may be told to. The call must
// come back all the same.
void drain(Session& session) {
    Echo_var target = echo_of(session);
    std::exception_ptr failure;
    std::thread holding([&] {
        try {
            target->hold();
        } catch (...) {
            failure = std::current_exception();
        }
    });
    try {
        await(session, "the call to be held", [&] { return target->held() == 1; });
        std::cout << "holding" << std::endl;
    } catch (...) {
        target->release();
        holding.join();
        throw;
    }
    holding.join();
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace

std::vector<Check> load_checks() {
    return {
        {"all", "large_octets", large_octets},
        {"all", "large_longs", large_longs},
        {"all", "large_doubles", large_doubles},
        {"all", "large_string", large_string},
        {"all", "make_octets", make_octets},
        {"all", "every_length", every_length},
        {"all", "callers", callers},
        {"all", "in_flight", in_flight},
        {"all", "oneway", oneway},
        {"all", "forward", forward},
        {"all", "forward_permanent", forward_permanent},
        {"all", "forward_chain", forward_chain},
        {"all", "forward_large", forward_large},
        {"restart", "restart", restart},
        {"idle", "idle", idle},
        {"drain", "drain", drain},
    };
}
