// bench_client REFERENCE OPERATION [--count N] [--threads N] [--size N] [--warm-up N] [-ORB...]
//
// Measures calls of one operation: `get` of a Grid, or `echo_octets`, `echo_longs` or `echo_records` of an Echo with
// a payload of --size bytes. Each thread makes its share of --count calls over a connection of its own. Prints one
// JSON line: the calls made, the time from the first to the last, the median and the 99th percentile of one call,
// and the processor time this process spent in between. The warm-up calls of each thread are not measured. Each result
// is checked, by its length and by samples of what it holds: a wrong one ends the program without figures.

#include "echo.hh"
#include "processor_time.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
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

Torture::Records records_of(CORBA::ULong bytes) {
    Torture::Records records;
    constexpr CORBA::ULong bytes_each = 128; // The size of one of the records below in CDR, about.
    records.length(std::max<CORBA::ULong>(1, bytes / bytes_each));
    for (CORBA::ULong i = 0; i < records.length(); ++i) {
        Torture::Record& record = records[i];
        record.tag = static_cast<CORBA::Octet>(i);
        record.name = "a name of usual length";
        record.at = Torture::Point{static_cast<CORBA::Long>(i), 0.5};
        record.visible = true;
        record.values.length(4);
        for (CORBA::ULong k = 0; k < 4; ++k)
            record.values[k] = static_cast<CORBA::Long>(k);
        record.paint = Torture::GREEN;
        record.notes.length(1);
        record.notes[0] = "note";
        record.rank = 1;
        record.serial = i;
    }
    return records;
}

// Whether two sequences agree in length, at both ends and in the middle: a check that costs the same at any size.
template <class T, class Same>
bool same_by_samples(const T& sent, const T& got, Same same) {
    if (sent.length() != got.length())
        return false;
    CORBA::ULong length = sent.length();
    if (length == 0)
        return true;
    for (CORBA::ULong i : {CORBA::ULong(0), length / 2, length - 1})
        if (!same(sent[i], got[i]))
            return false;
    return true;
}

bool same_record(const Torture::Record& sent, const Torture::Record& got) {
    return sent.tag == got.tag && std::strcmp(sent.name, got.name) == 0 && sent.at.x == got.at.x &&
           sent.at.y == got.at.y && sent.visible == got.visible && sent.values.length() == got.values.length() &&
           sent.paint == got.paint && sent.notes.length() == got.notes.length() && sent.rank == got.rank &&
           sent.serial == got.serial;
}

// One call of the planned operation, which says whether its result is right; empty if there is no such operation.
std::function<bool()> one_call(const Plan& plan, CORBA::Object_ptr object) {
    if (plan.operation == "get") {
        Grid_var grid = Grid::_unchecked_narrow(object);
        // Nobody has set a cell of this grid.
        return [grid] { return grid->get(3, 4) == 0; };
    }
    Torture::Echo_var echo = Torture::Echo::_unchecked_narrow(object);
    if (plan.operation == "echo_octets") {
        Torture::Octets octets;
        octets.length(plan.size);
        std::fill_n(octets.get_buffer(), plan.size, CORBA::Octet(0x5a));
        return [echo, octets] {
            Torture::Octets_var got = echo->echo_octets(octets);
            return same_by_samples(octets, got.in(), std::equal_to<CORBA::Octet>());
        };
    }
    if (plan.operation == "echo_longs") {
        Torture::Longs longs;
        longs.length(plan.size / 4);
        std::fill_n(longs.get_buffer(), plan.size / 4, 77);
        return [echo, longs] {
            Torture::Longs_var got = echo->echo_longs(longs);
            return same_by_samples(longs, got.in(), std::equal_to<CORBA::Long>());
        };
    }
    if (plan.operation == "echo_records") {
        Torture::Records records = records_of(plan.size);
        return [echo, records] {
            Torture::Records_var got = echo->echo_records(records);
            return same_by_samples(records, got.in(), same_record);
        };
    }
    return nullptr;
}

// Runs the calls of all threads between one common start and end; the latencies of all calls, sorted. Throws if a
// result was wrong.
std::vector<long long> measure(const Plan& plan, const std::function<bool()>& call, long long& total_ns,
                               ProcessorTime& used) {
    std::vector<std::vector<long long>> latencies(static_cast<size_t>(plan.threads));
    std::atomic<int> warm{0};
    std::atomic<bool> go{false};
    std::atomic<bool> wrong{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < plan.threads; ++t)
        threads.emplace_back([&, t] {
            for (long i = 0; i < plan.warm_up; ++i)
                if (!call())
                    wrong = true;
            long share = plan.count / plan.threads + (t < plan.count % plan.threads ? 1 : 0);
            std::vector<long long>& own = latencies[static_cast<size_t>(t)];
            own.reserve(static_cast<size_t>(share));
            ++warm;
            while (!go)
                std::this_thread::yield();
            for (long i = 0; i < share; ++i) {
                auto start = Clock::now();
                bool right = call();
                own.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
                if (!right)
                    wrong = true;
            }
        });
    while (warm < plan.threads)
        std::this_thread::yield();
    ProcessorTime before = processor_time();
    auto start = Clock::now();
    go = true;
    for (std::thread& thread : threads)
        thread.join();
    total_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    ProcessorTime after = processor_time();
    if (wrong)
        throw std::runtime_error("a result is wrong: no figures");
    used = {after.user_ns - before.user_ns, after.sys_ns - before.sys_ns};

    std::vector<long long> all;
    for (const auto& own : latencies)
        all.insert(all.end(), own.begin(), own.end());
    std::sort(all.begin(), all.end());
    return all;
}

} // namespace

int main(int argc, char** argv) {
    try {
        // One connection per thread; options on the command line override.
        const char* options[][2] = {{"maxGIOPConnectionPerServer", "128"}, {nullptr, nullptr}};
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv, "omniORB4", options);
        Plan plan;
        if (!parse(argc, argv, plan)) {
            std::fprintf(stderr, "usage: bench_client REFERENCE OPERATION [--count N] [--threads N] [--size N] "
                                 "[--warm-up N]\n");
            return 2;
        }
        CORBA::Object_var object = orb->string_to_object(plan.reference.c_str());
        std::function<bool()> call = one_call(plan, object);
        if (!call) {
            std::fprintf(stderr, "no such operation: %s\n", plan.operation.c_str());
            return 2;
        }
        long long total_ns = 0;
        ProcessorTime used{};
        std::vector<long long> sorted = measure(plan, call, total_ns, used);
        std::printf("{\"operation\":\"%s\",\"calls\":%zu,\"threads\":%d,\"size\":%u,\"total_ns\":%lld,\"p50_ns\":%lld,"
                    "\"p99_ns\":%lld,\"cpu_user_ns\":%lld,\"cpu_sys_ns\":%lld}\n",
                    plan.operation.c_str(), sorted.size(), plan.threads, plan.size, total_ns, sorted[sorted.size() / 2],
                    sorted[sorted.size() * 99 / 100], used.user_ns, used.sys_ns);
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
