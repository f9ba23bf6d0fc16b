// A client program as a list of named checks against one reference.
//
// Each check prints one line, `ok NAME` or `FAIL NAME expected .. got ..`; the program ends with 0 if all of them
// passed, 1 if one failed, 2 if it was called wrongly.

#pragma once

#include "random.h"

#include <omniORB4/CORBA.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

// What the command line said.
struct Options {
    std::string reference;
    std::vector<std::string> checks; // names or groups; empty: the group "all"
    uint64_t seed = 1;
    int rounds = 20;              // random values a type is tried with, beside its edge values
    int threads = 8;              // callers at once
    uint32_t size = 20000;        // bytes of payload of the checks of size
    int loops = 20;               // calls of the check "restart"
    bool expect_restart = false;  // "restart" goes on until the server was seen to have started anew
    bool server_vanishes = false; // a server that ends may deny its objects for a moment, as omniORB's do
    uint32_t patience_ms = 30000; // how long a call, and a check that waits, may take
    std::string version = "1.2";  // the highest GIOP version
    bool utf8 = false;            // native text is UTF-8; otherwise ISO-8859-1
    bool multiplex = false;       // all callers share one connection
    bool bidirectional = false;   // objects of this process are called over connections that it has opened
    uint32_t fragment = 0;        // bytes of the fragments this process sends; 0: what omniORB chooses
    int height = 100;             // the size a Grid is expected to have
    int width = 100;
};

// One client process: the ORB, the reference it was given, and the options.
struct Session {
    Options options;
    CORBA::ORB_var orb;
    CORBA::Object_var object;
    Random random;
    PortableServer::POA_var bidirectional{}; // where its objects are, if the options say so; nil before the first
    int activated = 0;                       // objects there so far

    // Activates a servant of this process, so that its reference can be passed to a server.
    CORBA::Object_ptr activate(PortableServer::Servant servant);
    // `corbaloc:iiop:VERSION@HOST:PORT/` of the session's object: other keys of the same server come behind it.
    std::string address() const;
};

// What a check throws when a value is not the expected one.
struct Mismatch : std::runtime_error {
    Mismatch(const std::string& expected, const std::string& got)
        : std::runtime_error("expected " + expected + " got " + got) {}
};

struct Check {
    std::string group; // "all" runs unless something else is asked for
    std::string name;
    std::function<void(Session&)> body;
};

// Runs a client program: parses the arguments, starts the ORB, runs the chosen checks. Returns the exit code.
int run_checks(int argc, char** argv, const std::vector<Check>& checks);

// One line about an exception: name, minor code with its omniORB name, completion.
std::string describe(const CORBA::Exception& exception);

// Fails unless the call raises the system exception of this name; an empty name accepts any. The exception is
// returned so that more of it can be looked at.
struct SystemFault {
    std::string name;
    CORBA::ULong minor;
    CORBA::CompletionStatus completed;
};
SystemFault expect_system(const std::string& name, const std::function<void()>& call);

// Fails unless the call raises the user exception U, which is handed to look.
template <class U>
void expect_user(const std::function<void()>& call, const std::function<void(const U&)>& look) {
    try {
        call();
    } catch (const U& raised) {
        look(raised);
        return;
    }
    throw Mismatch(U::_PD_repoId, "a result");
}
