// The grid's servant: a height x width table of numbers, all 0 at first.

#pragma once

#include "grid.hh"

#include <mutex>
#include <vector>

class GridServant : public POA_Grid {
public:
    GridServant(CORBA::Short height, CORBA::Short width)
        : height_(height), width_(width),
          cells_(static_cast<size_t>(height) * static_cast<size_t>(width)) {}

    CORBA::Short height() override { return height_; }
    CORBA::Short width() override { return width_; }

    void set(CORBA::Short n, CORBA::Short m, CORBA::Long value) override {
        size_t index = index_of(n, m);
        std::lock_guard<std::mutex> guard(lock_);
        cells_[index] = value;
    }

    CORBA::Long get(CORBA::Short n, CORBA::Short m) override {
        size_t index = index_of(n, m);
        std::lock_guard<std::mutex> guard(lock_);
        return cells_[index];
    }

private:
    size_t index_of(CORBA::Short n, CORBA::Short m) const {
        if (n < 0 || n >= height_ || m < 0 || m >= width_)
            throw OutOfRange(n, m);
        return static_cast<size_t>(n) * static_cast<size_t>(width_) + static_cast<size_t>(m);
    }

    const CORBA::Short height_;
    const CORBA::Short width_;
    std::mutex lock_;
    std::vector<CORBA::Long> cells_;
};
