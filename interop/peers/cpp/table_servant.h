// The servant of Bench::Table.

#pragma once

#include "bench.hh"

#include <atomic>
#include <mutex>
#include <vector>

class TableServant : public POA_Bench::Table {
public:
    CORBA::Long get(CORBA::Short n, CORBA::Short m) override {
        if (n < 0 || n >= side || m < 0 || m >= side)
            throw CORBA::BAD_PARAM(0, CORBA::COMPLETED_NO);
        std::lock_guard<std::mutex> guard(lock_);
        return cells_[static_cast<size_t>(n) * side + static_cast<size_t>(m)];
    }

    Bench::Octets* echo_octets(const Bench::Octets& value) override { return new Bench::Octets(value); }
    Bench::Longs* echo_longs(const Bench::Longs& value) override { return new Bench::Longs(value); }
    Bench::Items* echo_items(const Bench::Items& value) override { return new Bench::Items(value); }

    void note(CORBA::Long) override { ++notes_; }
    CORBA::ULongLong noted() override { return notes_; }

private:
    static constexpr CORBA::Short side = 100;
    std::mutex lock_;
    std::vector<CORBA::Long> cells_ = std::vector<CORBA::Long>(size_t(side) * side);
    std::atomic<CORBA::ULongLong> notes_{0};
};
