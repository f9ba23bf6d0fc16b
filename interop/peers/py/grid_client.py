"""grid_client.py REFERENCE [CHECK | GROUP]... [OPTION]... - checks an implementation of Grid."""

import threading

from omniORB import CORBA

import _GlobalIDL
from checks import Mismatch, await_true, expect_same, expect_system, expect_user, is_lost_server, run_checks

LONG_MIN, LONG_MAX = -(2**31), 2**31 - 1


def grid_of(session):
    return session.object._unchecked_narrow(_GlobalIDL.Grid)


def dimensions(session):
    grid = grid_of(session)
    expect_same(session.options.height, grid._get_height())
    expect_same(session.options.width, grid._get_width())


def set_get(session):
    grid = grid_of(session)
    values = [LONG_MIN, LONG_MAX, 0, -1, 123]
    values += [session.random.randint(LONG_MIN, LONG_MAX) for _ in range(session.options.rounds)]
    for value in values:
        n = session.random.randrange(session.options.height)
        m = session.random.randrange(session.options.width)
        grid.set(n, m, value)
        expect_same(value, grid.get(n, m))


def out_of_range(session):
    grid = grid_of(session)
    height, width = session.options.height, session.options.width
    for n, m in [(-1, 0), (0, -1), (height, 0), (0, width), (32767, -32768)]:
        for call in (lambda: grid.get(n, m), lambda: grid.set(n, m, 1)):
            raised = expect_user(_GlobalIDL.OutOfRange, call)
            expect_same((n, m), (raised.n, raised.m))


def is_a(session):
    for repository_id, expected in [
        ("IDL:Grid:1.0", True),
        ("IDL:omg.org/CORBA/Object:1.0", True),
        ("IDL:Mesh:1.0", False),
    ]:
        expect_same(expected, bool(session.object._is_a(repository_id)))
    if session.object._narrow(_GlobalIDL.Grid) is None:
        raise Mismatch("a Grid", None)


def non_existent(session):
    expect_same(False, bool(session.object._non_existent()))


def callers(session):
    """Callers at once, each on a row of its own."""
    grid = grid_of(session)
    failures = []

    def one(row):
        try:
            for column in range(session.options.rounds):
                grid.set(row, column, row * 1000 + column)
                expect_same(row * 1000 + column, grid.get(row, column))
        except Exception as exception:  # pylint: disable=broad-except
            failures.append(exception)

    rows = min(session.options.threads, session.options.height)
    threads = [threading.Thread(target=one, args=(row,)) for row in range(rows)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def restart(session):
    """Calls until the server was seen to have started anew, then `loops` calls more; see ../cpp/grid_client.cc."""
    grid = grid_of(session)
    state = {"announced": False, "restarted": not session.options.expect_restart, "left": session.options.loops}

    def attempt():
        try:
            if state["announced"]:
                state["restarted"] |= grid.get(0, 0) != 4711
            grid.set(0, 0, 4711)
        except CORBA.SystemException as raised:
            if not is_lost_server(session, raised):
                raise
            return False
        if not state["announced"]:
            print("calling", flush=True)
            state["announced"] = True
        if state["restarted"]:
            state["left"] -= 1
        return state["left"] < 0

    await_true(session, "the server to start anew and serve", attempt)


def unreachable(session):
    raised = expect_system(CORBA.TRANSIENT, lambda: grid_of(session)._get_height())
    expect_same(CORBA.COMPLETED_NO, raised.completed)


run_checks([
    ("all", "dimensions", dimensions),
    ("all", "set_get", set_get),
    ("all", "out_of_range", out_of_range),
    ("all", "is_a", is_a),
    ("all", "non_existent", non_existent),
    ("all", "callers", callers),
    ("restart", "restart", restart),
    ("unreachable", "unreachable", unreachable),
])
