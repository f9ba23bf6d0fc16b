// What this process has used of the processor so far.

#pragma once

#include <sys/resource.h>

struct ProcessorTime {
    long long user_ns;
    long long sys_ns;
};

inline ProcessorTime processor_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto nanoseconds = [](const timeval& time) { return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL; };
    return {nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime)};
}
