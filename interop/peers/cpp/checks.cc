#include "checks.h"

#include "bidirectional.h"
#include "fragments.h"

#include <omniORB4/omniIOR.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

namespace {

struct Usage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

const char usage[] =
    "usage: CLIENT REFERENCE [CHECK | GROUP]... [OPTION]... [-ORB...]\n"
    "  --list              print the checks and their groups\n"
    "  --seed N            seed of the random values (1)\n"
    "  --rounds N          random values per type (20)\n"
    "  --threads N         callers at once (8)\n"
    "  --multiplex         callers share one connection\n"
    "  --bidirectional     objects here are called over the connections that this process opens, where the server does that\n"
    "  --size N            payload in bytes of the checks of size (20000)\n"
    "  --loops N           calls of the check restart (20)\n"
    "  --expect-restart    restart goes on until the server has started anew\n"
    "  --server-vanishes   a server that ends may deny its objects, as omniORB's do\n"
    "  --patience-ms N     how long a call may take (30000)\n"
    "  --version V         highest GIOP version: 1.0, 1.1 or 1.2 (1.2)\n"
    "  --fragment N        send fragments of N bytes (what omniORB chooses)\n"
    "  --height H          rows a Grid is expected to have (100)\n"
    "  --width W           columns a Grid is expected to have (100)\n"
    "  --utf8              native text is UTF-8 instead of ISO-8859-1\n";

Options parse(int argc, char** argv) {
    Options options;
    std::map<std::string, std::function<void(const std::string&)>> valued = {
        {"--seed", [&](auto& v) { options.seed = std::stoull(v); }},
        {"--rounds", [&](auto& v) { options.rounds = std::stoi(v); }},
        {"--threads", [&](auto& v) { options.threads = std::stoi(v); }},
        {"--size", [&](auto& v) { options.size = static_cast<uint32_t>(std::stoul(v)); }},
        {"--loops", [&](auto& v) { options.loops = std::stoi(v); }},
        {"--patience-ms", [&](auto& v) { options.patience_ms = static_cast<uint32_t>(std::stoul(v)); }},
        {"--fragment", [&](auto& v) { options.fragment = static_cast<uint32_t>(std::stoul(v)); }},
        {"--height", [&](auto& v) { options.height = std::stoi(v); }},
        {"--width", [&](auto& v) { options.width = std::stoi(v); }},
        {"--version", [&](auto& v) { options.version = v; }},
    };
    std::map<std::string, bool*> flags = {
        {"--expect-restart", &options.expect_restart},
        {"--server-vanishes", &options.server_vanishes},
        {"--utf8", &options.utf8},
        {"--multiplex", &options.multiplex},
        {"--bidirectional", &options.bidirectional},
    };

    for (int i = 1; i < argc; ++i) {
        std::string argument = argv[i];
        if (argument.compare(0, 4, "-ORB") == 0) {
            ++i; // The ORB takes it and its value.
        } else if (auto flag = flags.find(argument); flag != flags.end()) {
            *flag->second = true;
        } else if (auto option = valued.find(argument); option != valued.end()) {
            if (++i == argc)
                throw Usage(argument + " needs a value");
            option->second(argv[i]);
        } else if (argument.compare(0, 2, "--") == 0) {
            throw Usage("unknown option " + argument);
        } else if (options.reference.empty()) {
            options.reference = argument;
        } else {
            options.checks.push_back(argument);
        }
    }
    if (options.reference.empty())
        throw Usage("a reference is needed");
    return options;
}

CORBA::ORB_ptr start_orb(const Options& options, int argc, char** argv) {
    // The ORB must not see our own options, some of which it would take for its own.
    std::vector<std::string> words = {argv[0], "-ORBmaxGIOPVersion", options.version};
    words.insert(words.end(), {"-ORBnativeCharCodeSet", options.utf8 ? "UTF-8" : "ISO-8859-1"});
    if (options.multiplex)
        words.insert(words.end(), {"-ORBoneCallPerConnection", "0", "-ORBmaxGIOPConnectionPerServer", "1",
                                   "-ORBmaxInterleavedCallsPerConnection", std::to_string(options.threads + 4)});
    else
        words.insert(words.end(), {"-ORBmaxGIOPConnectionPerServer", std::to_string(options.threads + 4)});
    if (options.bidirectional)
        words.insert(words.end(), {"-ORBofferBiDirectionalGIOP", "1", "-ORBclientTransportRule", "* bidir,tcp",
                                   "-ORBserverTransportRule", "* bidir,tcp"});
    bool endpoint = false;
    for (int i = 1; i + 1 < argc; ++i) {
        std::string argument = argv[i];
        if (argument.compare(0, 4, "-ORB") == 0) {
            endpoint |= argument.compare(0, 12, "-ORBendPoint") == 0;
            words.insert(words.end(), {argument, argv[++i]});
        }
    }
    if (!endpoint)
        words.insert(words.end(), {"-ORBendPoint", "giop:tcp:127.0.0.1:"});

    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    int count = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    return CORBA::ORB_init(count, pointers.data());
}

// omniORB repeats a call that ended in TRANSIENT without end unless told not to: the checks want to see it.
CORBA::Boolean give_up(void*, CORBA::ULong, const CORBA::TRANSIENT&) { return false; }

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

// Returns why the check failed, or nothing.
std::string run_one(const Check& check, Session& session) {
    try {
        check.body(session);
        return "";
    } catch (const Mismatch& mismatch) {
        return mismatch.what();
    } catch (const CORBA::Exception& exception) {
        return "expected no such exception got " + describe(exception);
    } catch (const std::exception& exception) {
        return std::string("expected no error got ") + exception.what();
    } catch (const omniORB::fatalException& fatal) {
        return std::string("expected no error got a fatal one: ") + fatal.errmsg();
    }
}

std::vector<const Check*> chosen(const std::vector<Check>& checks, const std::vector<std::string>& wanted) {
    std::vector<const Check*> result;
    for (const std::string& want : wanted.empty() ? std::vector<std::string>{"all"} : wanted) {
        size_t before = result.size();
        for (const Check& check : checks)
            if (check.name == want || check.group == want)
                result.push_back(&check);
        if (result.size() == before)
            throw Usage("no check and no group is called " + want);
    }
    return result;
}

int run_chosen(const std::vector<const Check*>& list, Session& session) {
    int failed = 0;
    for (const Check* check : list) {
        std::string why = run_one(*check, session);
        if (why.empty())
            std::cout << "ok " << check->name << std::endl;
        else
            std::cout << "FAIL " << check->name << ' ' << one_line(why) << std::endl;
        failed += !why.empty();
    }
    return failed == 0 ? 0 : 1;
}

} // namespace

int run_checks(int argc, char** argv, const std::vector<Check>& checks) {
    if (argc == 2 && std::string(argv[1]) == "--list") {
        for (const Check& check : checks)
            std::cout << check.group << ' ' << check.name << '\n';
        return 0;
    }
    Session session;
    try {
        session.options = parse(argc, argv);
        std::vector<const Check*> list = chosen(checks, session.options.checks);
        session.random = Random(session.options.seed);
        if (session.options.fragment != 0)
            send_fragments_of(session.options.fragment);
        session.orb = start_orb(session.options, argc, argv);
        omniORB::installTransientExceptionHandler(nullptr, give_up);
        omniORB::setClientCallTimeout(session.options.patience_ms);
        session.object = session.orb->string_to_object(session.options.reference.c_str());
        int code = run_chosen(list, session);
        session.orb->destroy();
        return code;
    } catch (const Usage& wrong) {
        std::cerr << wrong.what() << '\n' << usage;
    } catch (const CORBA::Exception& exception) {
        std::cerr << "cannot start: " << describe(exception) << '\n';
    } catch (const std::logic_error& wrong) {
        std::cerr << "a number is needed: " << wrong.what() << '\n' << usage;
    }
    return 2;
}

CORBA::Object_ptr Session::activate(PortableServer::Servant servant) {
    CORBA::Object_var object = orb->resolve_initial_references("RootPOA");
    PortableServer::POA_var root = PortableServer::POA::_narrow(object);
    if (options.bidirectional && CORBA::is_nil(bidirectional))
        bidirectional = bidirectional_adapter(orb, root);
    PortableServer::POA_ptr adapter = options.bidirectional ? bidirectional.in() : root.in();
    PortableServer::POAManager_var manager = adapter->the_POAManager();
    manager->activate();
    if (!options.bidirectional) {
        PortableServer::ObjectId_var id = adapter->activate_object(servant);
        return adapter->id_to_reference(id);
    }
    PortableServer::ObjectId_var id = PortableServer::string_to_ObjectId(std::to_string(++activated).c_str());
    adapter->activate_object_with_id(id, servant);
    return adapter->id_to_reference(id);
}

std::string Session::address() const {
    omniIOR_var ior = object->_PR_getobj()->_getIOR();
    const IOP::TaggedProfileList& profiles = ior->iopProfiles();
    for (CORBA::ULong i = 0; i < profiles.length(); ++i) {
        if (profiles[i].tag != IOP::TAG_INTERNET_IOP)
            continue;
        IIOP::ProfileBody body;
        IIOP::unmarshalProfile(profiles[i], body);
        return "corbaloc:iiop:1." + std::to_string(body.version.minor) + "@" + body.address.host.in() + ":" +
               std::to_string(body.address.port) + "/";
    }
    throw std::runtime_error("the reference has no IIOP profile");
}

std::string describe(const CORBA::Exception& exception) {
    const auto* system = dynamic_cast<const CORBA::SystemException*>(&exception);
    if (system == nullptr)
        return exception._name();
    static const char* const completion[] = {"YES", "NO", "MAYBE"};
    char minor[16];
    std::snprintf(minor, sizeof minor, "0x%08x", system->minor());
    const char* minor_name = system->NP_minorString();
    return std::string(system->_name()) + " minor " + minor + " (" + (minor_name ? minor_name : "unnamed") +
           ") completed " + completion[system->completed()];
}

SystemFault expect_system(const std::string& name, const std::function<void()>& call) {
    try {
        call();
    } catch (const CORBA::SystemException& raised) {
        if (!name.empty() && name != raised._name())
            throw Mismatch(name, describe(raised));
        return {raised._name(), raised.minor(), raised.completed()};
    }
    throw Mismatch(name.empty() ? "a system exception" : name, "a result");
}
