// A seeded source of numbers: the same seed gives the same calls, here and in the report of a failure.

#pragma once

#include <cstdint>

class Random {
public:
    explicit Random(uint64_t seed = 1) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {
        if (state_ == 0)
            state_ = 1;
    }

    uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1dULL;
    }

    // A number below limit, which must not be 0.
    uint32_t below(uint32_t limit) { return static_cast<uint32_t>((next() >> 32) % limit); }

private:
    uint64_t state_;
};
