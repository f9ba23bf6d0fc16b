// Waiting for what other threads and processes do.

#pragma once

#include "checks.h"

#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Repeats attempt until it returns true; fails when the session's patience is over.
inline void await(const Session& session, const std::string& what, const std::function<bool()>& attempt) {
    using Clock = std::chrono::steady_clock;
    auto end = Clock::now() + std::chrono::milliseconds(session.options.patience_ms);
    while (!attempt()) {
        if (Clock::now() > end)
            throw Mismatch(what, "nothing of it in time");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

// Runs body in so many threads at once and passes on the first failure of any of them.
inline void in_threads(int count, const std::function<void(int)>& body) {
    std::mutex lock;
    std::exception_ptr failure;
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i)
        threads.emplace_back([&, i] {
            try {
                body(i);
            } catch (...) {
                std::lock_guard<std::mutex> guard(lock);
                if (!failure)
                    failure = std::current_exception();
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    if (failure)
        std::rethrow_exception(failure);
}

// True if the exception only says that the server is ending or has ended. With --server-vanishes that includes what
// an omniORB server says for a moment while it ends: that the object, or its adapter, does not exist.
inline bool is_lost_server(const Session& session, const CORBA::SystemException& exception) {
    std::string name = exception._name();
    bool vanished = name == "OBJECT_NOT_EXIST" || name == "OBJ_ADAPTER";
    return name == "COMM_FAILURE" || name == "TRANSIENT" || (vanished && session.options.server_vanishes);
}
