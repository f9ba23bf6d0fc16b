// The operations of Bench::Table as a benchmark makes them: each call checks its result.

#pragma once

#include "bench.hh"

#include <functional>
#include <string>

struct Work {
    // One call; whether its result is right. Empty if there is no such operation.
    std::function<bool()> call;
    // Waits until what was sent without an answer has arrived, and takes it for the beginning.
    std::function<void()> begin = [] {};
    // The same at the end; whether as much has arrived since the beginning as was sent.
    std::function<bool(size_t calls)> settle = [](size_t) { return true; };
};

// size: the bytes of octets or longs, the number of items.
Work work_of(const std::string& operation, CORBA::ULong size, CORBA::Object_ptr object);
