// Exceptions: those the interface declares, those of the system, and those that wrong requests earn.

#include "echo_checks.h"
#include "image.h"
#include "samples.h"
#include "stranger.hh"
#include "system_exceptions.h"

namespace {

using namespace Torture;

void expect_completed(CORBA::CompletionStatus expected, const SystemFault& fault) {
    if (fault.completed != expected)
        throw Mismatch("completion " + std::to_string(expected), fault.name + " with " + std::to_string(fault.completed));
}

Stranger::Echo_ptr stranger_of(const Session& session) {
    return Stranger::Echo::_unchecked_narrow(session.object);
}

// After a request that failed the connection, or a new one, still serves.
void expect_recovered(Session& session) {
    Echo_var target = echo_of(session);
    expect_equal(12345, target->echo_long(12345));
}

// ---- User exceptions --------------------------------------------------------------------------------------

void plain(Session& session) {
    Echo_var target = echo_of(session);
    expect_user<Plain>([&] { target->raise_plain(); }, [](const Plain&) {});
}

void reason(Session& session) {
    Echo_var target = echo_of(session);
    for (const std::string& text : text_edges(session.options.utf8))
        expect_user<Reason>([&] { target->raise_reason(text.c_str()); },
                            [&](const Reason& raised) { expect_text(text, raised.text.in()); });
}

void rich(Session& session) {
    Echo_var target = echo_of(session);
    for (int i = 0; i < session.options.rounds; ++i) {
        auto item = random_value<Record>(session);
        auto values = random_value<Longs>(session);
        std::string text = random_text(session.random, session.options.utf8, 20);
        Records group;
        group.length(1);
        group[0] = item;
        expect_user<Rich>([&] { target->raise_rich(text.c_str(), values, item); },
                          [&](const Rich& raised) {
                              expect_text(text, raised.text.in());
                              expect_same(values, raised.values);
                              expect_same(item.at, raised.at);
                              expect_same(item.paint, raised.paint);
                              expect_same(group, raised.group);
                              expect_equal(item.tag, raised.tag);
                          });
    }
}

void either(Session& session) {
    Echo_var target = echo_of(session);
    expect_equal(7, target->raise_either(0));
    expect_user<Plain>([&] { target->raise_either(1); }, [](const Plain&) {});
    expect_user<Reason>([&] { target->raise_either(2); },
                        [](const Reason& raised) { expect_text("either", raised.text.in()); });
    expect_user<Rich>([&] { target->raise_either(77); }, [](const Rich& raised) { expect_equal(77, raised.tag); });
}

void out_of_range(Session& session) {
    Echo_var target = echo_of(session);
    Grid_var grid = target->make_grid(5, 5);
    expect_user<OutOfRange>([&] { grid->get(5, -32768); },
                            [](const OutOfRange& raised) {
                                expect_equal(5, raised.n);
                                expect_equal(-32768, raised.m);
                            });
}

// ---- System exceptions ------------------------------------------------------------------------------------

void system_exceptions(Session& session) {
    Echo_var target = echo_of(session);
    const Completion completions[] = {DONE_YES, DONE_NO, DONE_MAYBE};
    for (CORBA::ULong number = 0; number < system_exception_count; ++number) {
        for (Completion completed : completions) {
            auto minor = static_cast<CORBA::ULong>(session.random.next());
            SystemFault fault = expect_system(system_exception_names[number],
                                              [&] { target->raise_system(number, minor, completed); });
            expect_equal(minor, fault.minor);
            expect_completed(completion_status(completed), fault);
        }
    }
    expect_system("BAD_PARAM", [&] { target->raise_system(system_exception_count, 0, DONE_NO); });
}

void unknown_object(Session& session) {
    CORBA::Object_var object = session.orb->string_to_object((session.address() + "nobody-has-this-key").c_str());
    Echo_var nobody = Echo::_unchecked_narrow(object);
    SystemFault fault = expect_system("OBJECT_NOT_EXIST", [&] { nobody->echo_long(1); });
    expect_completed(CORBA::COMPLETED_NO, fault);
    expect_recovered(session);
}

void unknown_operation(Session& session) {
    Stranger::Echo_var target = stranger_of(session);
    SystemFault fault = expect_system("BAD_OPERATION", [&] { target->no_such_operation(); });
    expect_completed(CORBA::COMPLETED_NO, fault);
    expect_recovered(session);
}

// Arguments that end before the server has read them.
void short_arguments(Session& session) {
    Stranger::Echo_var target = stranger_of(session);
    for (CORBA::Octet octet : {0, 1, 255}) {
        SystemFault fault = expect_system("MARSHAL", [&] { CORBA::String_var text = target->echo_string(octet); });
        expect_completed(CORBA::COMPLETED_NO, fault);
    }
    // The length of a sequence whose elements are not there: none of these may cost the server memory.
    for (CORBA::ULong length : {1u, 0x7fffffffu, 0xffffffffu}) {
        SystemFault fault = expect_system("MARSHAL", [&] { Stranger::Longs_var longs = target->echo_octets(length); });
        expect_completed(CORBA::COMPLETED_NO, fault);
    }
    expect_recovered(session);
}

// Values the declared type does not have: MARSHAL or BAD_PARAM, but never a result.
void values_out_of_type(Session& session) {
    Stranger::Echo_var target = stranger_of(session);
    auto refused = [&](const std::function<void()>& call) {
        SystemFault fault = expect_system("", call);
        if (fault.name != "MARSHAL" && fault.name != "BAD_PARAM")
            throw Mismatch("MARSHAL or BAD_PARAM", fault.name);
        expect_completed(CORBA::COMPLETED_NO, fault);
    };
    refused([&] { CORBA::String_var text = target->echo_short_text("123456789"); });
    Stranger::Longs five;
    five.length(5);
    for (CORBA::ULong i = 0; i < 5; ++i)
        five[i] = 0;
    refused([&] { Stranger::Longs_var longs = target->echo_few_longs(five); });
    refused([&] { target->echo_colour(3); });
    refused([&] { target->echo_colour(0xffffffff); });
    expect_recovered(session);
}

void deadline(Session& session) {
    Echo_var target = echo_of(session);
    omniORB::setClientCallTimeout(target, 100);
    SystemFault fault = expect_system("", [&] { target->slow(3000); });
    omniORB::setClientCallTimeout(target, 0);
    if (fault.name != "TIMEOUT" && fault.name != "TRANSIENT")
        throw Mismatch("TIMEOUT or TRANSIENT", fault.name);
    expect_recovered(session);
}

// ---- Checks that need a certain server or option -----------------------------------------------------------

// The server's message limit is smaller than this process's: the request must be refused, not served.
void oversize_request(Session& session) {
    Echo_var target = echo_of(session);
    Octets large;
    large.length(session.options.size);
    for (CORBA::ULong i = 0; i < large.length(); ++i)
        large[i] = 0;
    SystemFault fault = expect_system("", [&] { Octets_var got = target->echo_octets(large); });
    if (fault.name != "MARSHAL" && fault.name != "COMM_FAILURE" && fault.name != "IMP_LIMIT")
        throw Mismatch("MARSHAL, COMM_FAILURE or IMP_LIMIT", fault.name);
    expect_recovered(session);
}

// The reply is larger than this process's message limit.
void oversize_reply(Session& session) {
    Echo_var target = echo_of(session);
    SystemFault fault =
        expect_system("MARSHAL", [&] { Octets_var got = target->make_octets(session.options.size, 0); });
    expect_recovered(session);
}

// Wide characters cannot travel: over GIOP 1.0, or to a reference that names no code sets.
void wide_refused(Session& session) {
    Echo_var target = echo_of(session);
    auto refused = [](const std::function<void()>& call) {
        SystemFault fault = expect_system("", call);
        if (fault.name != "MARSHAL" && fault.name != "INV_OBJREF" && fault.name != "BAD_PARAM")
            throw Mismatch("MARSHAL, INV_OBJREF or BAD_PARAM", fault.name);
        expect_completed(CORBA::COMPLETED_NO, fault);
    };
    refused([&] { target->echo_wchar(L'x'); });
    refused([&] { CORBA::WString_var text = target->echo_wstring(L"x"); });
    expect_recovered(session);
}

// Nobody listens at the reference's address.
void unreachable(Session& session) {
    Echo_var target = echo_of(session);
    SystemFault fault = expect_system("TRANSIENT", [&] { target->echo_long(1); });
    expect_completed(CORBA::COMPLETED_NO, fault);
}

// The object forwards to itself. omniORB follows until the call's time is over.
void circle(Session& session) {
    Echo_var target = echo_of(session);
    omniORB::setClientCallTimeout(target, 500);
    expect_system("", [&] { target->echo_long(1); });
}

} // namespace

std::vector<Check> fault_checks() {
    return {
        {"all", "plain", plain},
        {"all", "reason", reason},
        {"all", "rich", rich},
        {"all", "either", either},
        {"all", "out_of_range", out_of_range},
        {"all", "system_exceptions", system_exceptions},
        {"all", "unknown_object", unknown_object},
        {"all", "unknown_operation", unknown_operation},
        {"all", "short_arguments", short_arguments},
        {"all", "values_out_of_type", values_out_of_type},
        {"all", "deadline", deadline},
        {"oversize", "oversize_request", oversize_request},
        {"oversize", "oversize_reply", oversize_reply},
        {"wide_refused", "wide_refused", wide_refused},
        {"unreachable", "unreachable", unreachable},
        {"circle", "circle", circle},
    };
}
