// A CORBA server process: what every program here that serves objects has in common.
//
// The process announces `ready REFERENCE` on standard output once it serves, and ends orderly on SIGTERM or
// SIGINT: calls in progress finish, connections are closed with a CloseConnection message, the exit code is 0.

#pragma once

#include <omniORB4/CORBA.h>

#include <functional>
#include <string>
#include <vector>

class Server {
public:
    // Blocks the stop signals for all threads to come, then starts the ORB. -ORB options leave the arguments.
    // Unless the options say otherwise the server listens on a free port of 127.0.0.1, and may have 100 calls
    // to one client in progress: with omniORB's own 5, chains of callbacks deeper than 5 wait for ever.
    // `--bidirectional` serves by key in an adapter that allows calls in both directions of a connection (the policy that
    // omniORB asks for; its options and transport rules are for the caller to give).
    // `--fragment N` makes it send fragments of N bytes, `--with-parent` end when its standard input does.
    Server(int argc, char** argv);
    ~Server();

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    CORBA::ORB_ptr orb() const { return orb_.in(); }
    PortableServer::POA_ptr root() const { return root_.in(); }

    // The arguments that were not the ORB's, the program's name excluded.
    const std::vector<std::string>& arguments() const { return arguments_; }

    // True if the argument list has this flag.
    bool flag(const std::string& name) const;
    // The argument after this one, or fallback.
    std::string option(const std::string& name, const std::string& fallback) const;

    // Serves under a key that stays the same over restarts: `corbaloc::HOST:PORT/KEY` names the object.
    CORBA::Object_ptr serve_under_key(const char* key, PortableServer::Servant servant);

    // Announces the reference and serves until a stop signal. before_end runs first once it came: it must set
    // free all calls that wait for something. A call that still runs 10 s later ends the process hard.
    void run(CORBA::Object_ptr announced, const std::function<void()>& before_end = [] {});

private:
    CORBA::ORB_var orb_;
    PortableServer::POA_var root_;
    PortableServer::POA_var by_key_;
    std::vector<std::string> arguments_;
};
