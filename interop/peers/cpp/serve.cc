#include "serve.h"

#include "bidirectional.h"
#include "fragments.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>

namespace {

constexpr unsigned end_limit_seconds = 10;

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

bool has_option(int argc, char** argv, const char* name) {
    return std::any_of(argv, argv + argc,
                       [&](const char* argument) { return std::strncmp(argument, name, std::strlen(name)) == 0; });
}

// Ends this process when standard input ends: a parent that dies, however it dies, takes the server along.
void end_with_parent() {
    std::thread([] {
        char ignored[256];
        while (read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
        }
        kill(getpid(), SIGTERM);
    }).detach();
}

} // namespace

Server::Server(int argc, char** argv) {
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);

    std::vector<std::string> words(argv, argv + argc);
    if (!has_option(argc, argv, "-ORBendPoint"))
        words.insert(words.end(), {"-ORBendPoint", "giop:tcp:127.0.0.1:"});
    if (!has_option(argc, argv, "-ORBmaxGIOPConnectionPerServer"))
        words.insert(words.end(), {"-ORBmaxGIOPConnectionPerServer", "100"});
    std::vector<char*> extended;
    for (std::string& word : words)
        extended.push_back(word.data());
    auto fragment = std::find(words.begin(), words.end(), "--fragment");
    if (fragment != words.end() && fragment + 1 != words.end())
        send_fragments_of(static_cast<CORBA::ULong>(std::stoul(*(fragment + 1))));
    int count = static_cast<int>(extended.size());
    extended.push_back(nullptr);
    orb_ = CORBA::ORB_init(count, extended.data());
    arguments_.assign(extended.begin() + 1, extended.begin() + count);

    CORBA::Object_var object = orb_->resolve_initial_references("RootPOA");
    root_ = PortableServer::POA::_narrow(object);
    object = orb_->resolve_initial_references("omniINSPOA");
    by_key_ = PortableServer::POA::_narrow(object);
    if (flag("--bidirectional"))
        by_key_ = bidirectional_adapter(orb_, root_);
    if (flag("--with-parent"))
        end_with_parent();
}

Server::~Server() {
    orb_->destroy();
}

bool Server::flag(const std::string& name) const {
    return std::find(arguments_.begin(), arguments_.end(), name) != arguments_.end();
}

std::string Server::option(const std::string& name, const std::string& fallback) const {
    auto at = std::find(arguments_.begin(), arguments_.end(), name);
    return at == arguments_.end() || at + 1 == arguments_.end() ? fallback : *(at + 1);
}

CORBA::Object_ptr Server::serve_under_key(const char* key, PortableServer::Servant servant) {
    PortableServer::ObjectId_var id = PortableServer::string_to_ObjectId(key);
    by_key_->activate_object_with_id(id, servant);
    return by_key_->id_to_reference(id);
}

void Server::run(CORBA::Object_ptr announced, const std::function<void()>& before_end) {
    PortableServer::POAManager_var manager = by_key_->the_POAManager();
    manager->activate();
    manager = root_->the_POAManager();
    manager->activate();

    CORBA::String_var text = orb_->object_to_string(announced);
    std::printf("ready %s\n", text.in());
    std::fflush(stdout);

    sigset_t set = stop_signals();
    int signal = 0;
    sigwait(&set, &signal);
    alarm(end_limit_seconds);
    before_end();
    orb_->shutdown(true);
}
