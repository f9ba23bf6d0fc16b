"""A client program as a list of named checks against one reference; see ../cpp/checks.h, whose rules it follows.

Each check prints one line, `ok NAME` or `FAIL NAME expected .. got ..`; the exit code is 0 if all passed, 1 if one
failed, 2 if the program was called wrongly.
"""

import argparse
import os
import random
import struct
import sys
import time

import omniORB
from omniORB import CORBA, PortableServer


class Mismatch(Exception):
    """What a check raises when a value is not the expected one."""

    def __init__(self, expected, got):
        super().__init__("expected %r got %r" % (expected, got))


class Session:
    """One client process: the ORB, the object it was pointed at, a seeded source of values, the options."""

    def __init__(self, options, orb):
        self.options = options
        self.orb = orb
        self.object = orb.string_to_object(options.reference)
        self.random = random.Random(options.seed)

    def activate(self, servant):
        """Serves a servant of this process and returns its reference."""
        root = self.orb.resolve_initial_references("RootPOA")
        root._get_the_POAManager().activate()
        return root.id_to_reference(root.activate_object(servant))


def plain(value):
    """A value in a form whose == is exact: structures by member, floating point by its bits."""
    if isinstance(value, omniORB.StructBase):
        return (type(value).__name__,) + tuple(plain(member) for member in value._tuple())
    if isinstance(value, omniORB.Union):
        return (type(value).__name__, plain(value._d), plain(value._v))
    if isinstance(value, omniORB.EnumItem):
        return str(value)
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


def expect_same(expected, got):
    """Fails unless the two values are equal, and of the same Python types at every level."""
    left, right = plain(expected), plain(got)
    if left != right or type(left) is not type(right):
        raise Mismatch(left, right)


def expect_user(kind, call):
    """The user exception that the call must raise."""
    try:
        result = call()
    except kind as raised:
        return raised
    raise Mismatch(kind.__name__, result)


def expect_system(kind, call):
    """The system exception that the call must raise."""
    try:
        result = call()
    except CORBA.SystemException as raised:
        if isinstance(raised, kind):
            return raised
        raise Mismatch(kind.__name__, describe(raised)) from raised
    raise Mismatch(kind.__name__, result)


def describe(exception):
    if isinstance(exception, CORBA.SystemException):
        name = type(exception).__name__
        return "%s minor 0x%08x completed %s" % (name, exception.minor & 0xFFFFFFFF, exception.completed)
    return "%s: %s" % (type(exception).__name__, exception)


def await_true(session, what, attempt):
    """Repeats the attempt until it is true; fails when the session's patience is over."""
    end = time.monotonic() + session.options.patience_ms / 1000
    while not attempt():
        if time.monotonic() > end:
            raise Mismatch(what, "nothing of it in time")
        time.sleep(0.002)


def is_lost_server(session, exception):
    """True if the exception only says that the server is ending; see ../cpp/waiting.h."""
    vanished = (CORBA.OBJECT_NOT_EXIST, CORBA.OBJ_ADAPTER)
    return isinstance(exception, (CORBA.COMM_FAILURE, CORBA.TRANSIENT)) or (
        session.options.server_vanishes and isinstance(exception, vanished))


def parse(arguments):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("reference")
    parser.add_argument("checks", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--size", type=int, default=20000)
    parser.add_argument("--loops", type=int, default=20)
    parser.add_argument("--expect-restart", action="store_true")
    parser.add_argument("--server-vanishes", action="store_true")
    parser.add_argument("--patience-ms", type=int, default=30000)
    parser.add_argument("--version", default="1.2")
    parser.add_argument("--utf8", action="store_true")
    parser.add_argument("--height", type=int, default=100)
    parser.add_argument("--width", type=int, default=100)
    ours, orbs = [], []
    words = iter(arguments)
    for word in words:
        # -ORB options come in pairs and are the ORB's.
        if word.startswith("-ORB"):
            orbs += [word, next(words, "")]
        else:
            ours.append(word)
    return parser.parse_intermixed_args(ours), orbs


def run_one(session, name, body):
    try:
        body(session)
    except Mismatch as mismatch:
        return "FAIL %s %s" % (name, mismatch)
    except Exception as exception:  # pylint: disable=broad-except
        return "FAIL %s expected no such exception got %s" % (name, describe(exception))
    return "ok %s" % name


def run_checks(checks):
    """Runs a client program whose checks are (group, name, body) and ends the process."""
    if sys.argv[1:] == ["--list"]:
        for group, name, _ in checks:
            print(group, name)
        sys.exit(0)
    options, orb_words = parse(sys.argv[1:])
    words = [sys.argv[0], "-ORBmaxGIOPVersion", options.version, "-ORBmaxGIOPConnectionPerServer",
             str(options.threads + 4), "-ORBnativeCharCodeSet", "UTF-8" if options.utf8 else "ISO-8859-1"]
    if "-ORBendPoint" not in orb_words:
        words += ["-ORBendPoint", "giop:tcp:127.0.0.1:"]
    orb = CORBA.ORB_init(words + orb_words, CORBA.ORB_ID)
    omniORB.installTransientExceptionHandler(None, lambda *_: False)
    omniORB.setClientCallTimeout(options.patience_ms)
    session = Session(options, orb)
    wanted = options.checks or ["all"]
    for want in wanted:
        if not any(want in (group, name) for group, name, _ in checks):
            print("no check and no group is called " + want, file=sys.stderr)
            sys.exit(2)
    failed = False
    for want in wanted:
        for group, name, body in checks:
            if want in (group, name):
                line = " ".join(run_one(session, name, body).split("\n"))
                failed |= line.startswith("FAIL")
                print(line, flush=True)
    orb.destroy()
    # Not sys.exit: a thread of the ORB that wakes while the interpreter is being torn down aborts the process.
    os._exit(1 if failed else 0)
