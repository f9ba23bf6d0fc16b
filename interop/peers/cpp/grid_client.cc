// grid_client REFERENCE [CHECK | GROUP]... [OPTION]...
//
// Checks an implementation of Grid. `grid_client --list` names the checks.

#include "checks.h"
#include "grid.hh"
#include "waiting.h"

#include <iostream>
#include <limits>

namespace {

Grid_ptr grid_of(const Session& session) { return Grid::_unchecked_narrow(session.object); }

void expect_equal(long long expected, long long got) {
    if (expected != got)
        throw Mismatch(std::to_string(expected), std::to_string(got));
}

struct Cell {
    CORBA::Short n;
    CORBA::Short m;
};

Cell random_cell(Session& session) {
    return {static_cast<CORBA::Short>(session.random.below(static_cast<uint32_t>(session.options.height))),
            static_cast<CORBA::Short>(session.random.below(static_cast<uint32_t>(session.options.width)))};
}

void dimensions(Session& session) {
    Grid_var grid = grid_of(session);
    expect_equal(session.options.height, grid->height());
    expect_equal(session.options.width, grid->width());
}

// What is set is read again, the edges of long included, and from the cell it was set in.
void set_get(Session& session) {
    Grid_var grid = grid_of(session);
    using Limits = std::numeric_limits<CORBA::Long>;
    std::vector<CORBA::Long> values = {Limits::min(), Limits::max(), 0, -1, 123};
    for (int i = 0; i < session.options.rounds; ++i)
        values.push_back(static_cast<CORBA::Long>(session.random.next()));
    for (CORBA::Long value : values) {
        Cell cell = random_cell(session);
        grid->set(cell.n, cell.m, value);
        expect_equal(value, grid->get(cell.n, cell.m));
    }
}

// No two cells are one: every cell of the border holds its own number.
void cells_apart(Session& session) {
    Grid_var grid = grid_of(session);
    std::vector<Cell> border;
    for (int n = 0; n < session.options.height; ++n)
        for (int m : {0, session.options.width - 1})
            border.push_back({static_cast<CORBA::Short>(n), static_cast<CORBA::Short>(m)});
    if (session.options.width == 1)
        return;
    for (size_t i = 0; i < border.size(); ++i)
        grid->set(border[i].n, border[i].m, static_cast<CORBA::Long>(i + 1));
    for (size_t i = 0; i < border.size(); ++i)
        expect_equal(static_cast<CORBA::Long>(i + 1), grid->get(border[i].n, border[i].m));
}

void out_of_range(Session& session) {
    Grid_var grid = grid_of(session);
    auto height = static_cast<CORBA::Short>(session.options.height);
    auto width = static_cast<CORBA::Short>(session.options.width);
    for (Cell cell : {Cell{-1, 0}, Cell{0, -1}, Cell{height, 0}, Cell{0, width}, Cell{32767, -32768}}) {
        auto same = [&](const OutOfRange& raised) {
            expect_equal(cell.n, raised.n);
            expect_equal(cell.m, raised.m);
        };
        expect_user<OutOfRange>([&] { grid->get(cell.n, cell.m); }, same);
        expect_user<OutOfRange>([&] { grid->set(cell.n, cell.m, 1); }, same);
    }
}

void is_a(Session& session) {
    for (const auto& [id, expected] : {std::pair<const char*, bool>{"IDL:Grid:1.0", true},
                                       {"IDL:omg.org/CORBA/Object:1.0", true},
                                       {"IDL:Mesh:1.0", false}})
        if (session.object->_is_a(id) != expected)
            throw Mismatch(std::string(id) + (expected ? " to be" : " not to be") + " an interface", "the opposite");
    Grid_var narrowed = Grid::_narrow(session.object);
    if (CORBA::is_nil(narrowed))
        throw Mismatch("a Grid", "nil from narrow");
}

void non_existent(Session& session) {
    if (session.object->_non_existent())
        throw Mismatch("the object to exist", "the opposite");
}

void unknown_object(Session& session) {
    CORBA::Object_var object = session.orb->string_to_object((session.address() + "nobody-has-this-key").c_str());
    Grid_var nobody = Grid::_unchecked_narrow(object);
    SystemFault fault = expect_system("OBJECT_NOT_EXIST", [&] { nobody->height(); });
    expect_equal(CORBA::COMPLETED_NO, fault.completed);
}

// Callers at once, each on a row of its own.
void callers(Session& session) {
    Grid_var grid = grid_of(session);
    in_threads(session.options.threads, [&](int index) {
        Random random(session.options.seed * 1000 + static_cast<uint64_t>(index));
        auto row = static_cast<CORBA::Short>(index % session.options.height);
        bool alone = session.options.threads <= session.options.height;
        for (int i = 0; i < session.options.rounds; ++i) {
            auto column = static_cast<CORBA::Short>(random.below(static_cast<uint32_t>(session.options.width)));
            auto value = static_cast<CORBA::Long>(random.next());
            grid->set(row, column, value);
            CORBA::Long got = grid->get(row, column);
            if (alone)
                expect_equal(value, got);
        }
    });
}

// Calls until the server has been seen to have started anew (the cell lost its number), then `loops` calls more.
// `calling` on standard output says that the first call succeeded, so that the server may be stopped now.
void restart(Session& session) {
    Grid_var grid = grid_of(session);
    bool announced = false;
    bool restarted = !session.options.expect_restart;
    int left = session.options.loops;
    await(session, "the server to start anew and serve", [&] {
        try {
            if (announced)
                restarted |= grid->get(0, 0) != 4711;
            grid->set(0, 0, 4711);
        } catch (const CORBA::SystemException& raised) {
            if (!is_lost_server(session, raised))
                throw;
            return false;
        }
        if (!announced)
            std::cout << "calling" << std::endl;
        announced = true;
        return restarted && left-- <= 0;
    });
}

} // namespace

int main(int argc, char** argv) {
    return run_checks(argc, argv,
                      {
                          {"all", "dimensions", dimensions},
                          {"all", "set_get", set_get},
                          {"all", "cells_apart", cells_apart},
                          {"all", "out_of_range", out_of_range},
                          {"all", "is_a", is_a},
                          {"all", "non_existent", non_existent},
                          {"all", "unknown_object", unknown_object},
                          {"all", "callers", callers},
                          {"restart", "restart", restart},
                      });
}
