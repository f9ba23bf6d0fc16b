// bench_client (REFERENCE | collocated) OPERATION [--count N | --milliseconds M] [--threads N] [--size N] [--warm-up N]
//              [-ORB...]
//
// Measures calls of one operation of a Bench::Table: `get`, `echo_octets` or `echo_longs` of --size bytes, `echo_items`
// of --size items, or the oneway `note`. Each thread makes its share of --count calls, or as many as take about
// --milliseconds, over a connection of its own; `collocated` serves the table in this process. Prints one JSON line: the
// calls made, those with the warm-up, the time from the first to the last, the median and the 99th percentile of one
// call, and the processor time this process spent in between. The warm-up calls of each thread are not measured. Each
// result is checked, by its length and by samples of what it holds, and oneway calls by their number: a wrong one ends
// the program without figures.

#include "bench_works.h"
#include "processor_time.h"
#include "table_servant.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
    std::string reference;
    std::string operation;
    long count = 10000;
    long milliseconds = 0; // Instead of a count.
    int threads = 1;
    CORBA::ULong size = 65536;
    long warm_up = 100;
};

// Returns false if the arguments do not make sense. The ORB has taken its own already.
bool parse(int argc, char** argv, Plan& plan) {
    std::vector<std::string> words(argv + 1, argv + argc);
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i].compare(0, 2, "--") != 0) {
            (plan.reference.empty() ? plan.reference : plan.operation) = words[i];
            continue;
        }
        if (i + 1 == words.size())
            return false;
        long value = std::stol(words[i + 1]);
        if (words[i] == "--count")
            plan.count = value;
        else if (words[i] == "--milliseconds")
            plan.milliseconds = value;
        else if (words[i] == "--threads")
            plan.threads = static_cast<int>(value);
        else if (words[i] == "--size")
            plan.size = static_cast<CORBA::ULong>(value);
        else if (words[i] == "--warm-up")
            plan.warm_up = value;
        else
            return false;
        ++i;
    }
    return !plan.operation.empty() && plan.count > 0 && plan.threads > 0;
}

CORBA::Object_ptr object_of(CORBA::ORB_ptr orb, const Plan& plan) {
    if (plan.reference != "collocated")
        return orb->string_to_object(plan.reference.c_str());
    CORBA::Object_var root = orb->resolve_initial_references("RootPOA");
    PortableServer::POA_var adapter = PortableServer::POA::_narrow(root);
    PortableServer::Servant_var<TableServant> table(new TableServant());
    PortableServer::ObjectId_var id = adapter->activate_object(table.in());
    adapter->the_POAManager()->activate();
    return adapter->id_to_reference(id);
}

struct Figures {
    std::vector<long long> latencies; // Sorted.
    size_t all_calls = 0;
    long long total_ns = 0;
    ProcessorTime used{};
};

// The calls of one thread: warm-up, then its share once all are warm.
struct Caller {
    const Plan& plan;
    const Work& work;
    std::atomic<int>& warm;
    std::atomic<bool>& go;
    std::atomic<bool>& wrong;
    std::vector<long long> latencies;
    long warmed = 0;

    void call() {
        if (!work.call())
            wrong = true;
    }

    // How many calls the share of this thread is, if that is not given: as many more as the warm-up did in its time.
    long warm_up(long share) {
        if (plan.milliseconds == 0) {
            for (; warmed < plan.warm_up; ++warmed)
                call();
            return share;
        }
        constexpr long fraction = 5;
        auto end = Clock::now() + std::chrono::microseconds(1000 * plan.milliseconds / fraction);
        for (; warmed == 0 || Clock::now() < end; ++warmed)
            call();
        return warmed * fraction;
    }

    void run(long share) {
        share = warm_up(share);
        latencies.reserve(static_cast<size_t>(share));
        ++warm;
        while (!go)
            std::this_thread::yield();
        for (long i = 0; i < share; ++i) {
            auto start = Clock::now();
            call();
            latencies.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
        }
    }
};

// Runs the calls of all threads between one common start and end. Throws if a result was wrong.
Figures measure(const Plan& plan, const Work& work) {
    std::atomic<int> warm{0};
    std::atomic<bool> go{false};
    std::atomic<bool> wrong{false};
    std::vector<Caller> callers(static_cast<size_t>(plan.threads), Caller{plan, work, warm, go, wrong, {}});
    std::vector<std::thread> threads;
    for (int t = 0; t < plan.threads; ++t) {
        long share = plan.count / plan.threads + (t < plan.count % plan.threads ? 1 : 0);
        threads.emplace_back([&, t, share] { callers[static_cast<size_t>(t)].run(share); });
    }
    while (warm < plan.threads)
        std::this_thread::yield();
    work.begin();
    ProcessorTime before = processor_time();
    auto start = Clock::now();
    go = true;
    for (std::thread& thread : threads)
        thread.join();
    Figures figures;
    for (const Caller& caller : callers) {
        figures.latencies.insert(figures.latencies.end(), caller.latencies.begin(), caller.latencies.end());
        figures.all_calls += caller.latencies.size() + static_cast<size_t>(caller.warmed);
    }
    if (!work.settle(figures.latencies.size()))
        wrong = true;
    figures.total_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    ProcessorTime after = processor_time();
    if (wrong)
        throw std::runtime_error("a result is wrong: no figures");
    figures.used = {after.user_ns - before.user_ns, after.sys_ns - before.sys_ns};
    std::sort(figures.latencies.begin(), figures.latencies.end());
    return figures;
}

} // namespace

int main(int argc, char** argv) {
    try {
        // One connection per thread; options on the command line override.
        const char* options[][2] = {{"maxGIOPConnectionPerServer", "256"}, {nullptr, nullptr}};
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv, "omniORB4", options);
        Plan plan;
        if (!parse(argc, argv, plan)) {
            std::fprintf(stderr, "usage: bench_client (REFERENCE | collocated) OPERATION [--count N | --milliseconds M] "
                                 "[--threads N] [--size N] [--warm-up N]\n");
            return 2;
        }
        CORBA::Object_var object = object_of(orb.in(), plan);
        Work work = work_of(plan.operation, plan.size, object.in());
        if (!work.call) {
            std::fprintf(stderr, "no such operation: %s\n", plan.operation.c_str());
            return 2;
        }
        Figures figures = measure(plan, work);
        const std::vector<long long>& sorted = figures.latencies;
        std::printf("{\"operation\":\"%s\",\"calls\":%zu,\"threads\":%d,\"size\":%u,\"all_calls\":%zu,\"total_ns\":%lld,"
                    "\"p50_ns\":%lld,\"p99_ns\":%lld,\"cpu_user_ns\":%lld,\"cpu_sys_ns\":%lld}\n",
                    plan.operation.c_str(), sorted.size(), plan.threads, plan.size, figures.all_calls, figures.total_ns,
                    sorted[sorted.size() / 2], sorted[sorted.size() * 99 / 100], figures.used.user_ns,
                    figures.used.sys_ns);
        orb->destroy();
        return 0;
    } catch (const CORBA::SystemException& exception) {
        std::fprintf(stderr, "%s minor 0x%08x\n", exception._name(), exception.minor());
        return 1;
    } catch (const std::runtime_error& wrong) {
        std::fprintf(stderr, "%s\n", wrong.what());
        return 1;
    }
}
