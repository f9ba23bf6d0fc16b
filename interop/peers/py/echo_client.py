"""echo_client.py REFERENCE [CHECK | GROUP]... [OPTION]... - checks an implementation of Torture::Echo."""

import struct
import threading

from omniORB import CORBA

import Stranger
import Torture
import Torture__POA
from checks import Mismatch, await_true, expect_same, expect_system, expect_user, run_checks

COLOURS = [Torture.RED, Torture.GREEN, Torture.BLUE]
COMPLETIONS = [
    (Torture.DONE_YES, CORBA.COMPLETED_YES),
    (Torture.DONE_NO, CORBA.COMPLETED_NO),
    (Torture.DONE_MAYBE, CORBA.COMPLETED_MAYBE),
]
# The number of a system exception is its place here; the table is in ../README.md.
SYSTEM_EXCEPTIONS = """UNKNOWN BAD_PARAM NO_MEMORY IMP_LIMIT COMM_FAILURE INV_OBJREF NO_PERMISSION INTERNAL MARSHAL
    INITIALIZE NO_IMPLEMENT BAD_TYPECODE BAD_OPERATION NO_RESOURCES NO_RESPONSE PERSIST_STORE BAD_INV_ORDER TRANSIENT
    FREE_MEM INV_IDENT INV_FLAG INTF_REPOS BAD_CONTEXT OBJ_ADAPTER DATA_CONVERSION OBJECT_NOT_EXIST
    TRANSACTION_REQUIRED TRANSACTION_ROLLEDBACK INVALID_TRANSACTION INV_POLICY CODESET_INCOMPATIBLE REBIND TIMEOUT
    TRANSACTION_UNAVAILABLE TRANSACTION_MODE BAD_QOS""".split()


def echo_of(session):
    return session.object._unchecked_narrow(Torture.Echo)


# ---- Values -------------------------------------------------------------------------------------------------


class Maker:
    """Edge and random values of each type, in the code set of the process."""

    def __init__(self, session):
        self.random = session.random
        self.utf8 = session.options.utf8
        self.rounds = session.options.rounds

    def many(self, make, edges=()):
        return list(edges) + [make() for _ in range(self.rounds)]

    def integers(self, bits, signed):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return self.many(lambda: self.random.randint(low, high), [low, high, 0, 1, low + 1])

    def count(self):
        return range(self.random.randrange(7))

    def long(self):
        return self.random.randint(-(2**31), 2**31 - 1)

    def double(self):
        return struct.unpack(">d", self.random.randbytes(8))[0]

    def text(self):
        pool = "abc \"'\\{}%\t" + ("\u00e9\u20ac\u0416\u65e5\U0001f600" if self.utf8 else "\u00e9\u00ff\u0080")
        return "".join(self.random.choice(pool) for _ in range(self.random.randrange(20)))

    def texts(self):
        edges = ["", "a", "abcd", "he said \"no\", 'never' and \\n", "".join(map(chr, range(1, 32))), "x" * 5000]
        edges += ["\u0395\u03bb", "\u65e5\u672c\u8a9e", "\U0001f600"] if self.utf8 else ["".join(map(chr, range(128, 256)))]
        return self.many(self.text, edges)

    def wide_texts(self):
        pool = "abc\u00e9\u20ac\u0416\u65e5\ufffd"
        edges = ["", "x", "\u20ac", "\u03a9" * 3000, "caf\u00e9", "\"\u201cno\u201d\""]
        return self.many(lambda: "".join(self.random.choice(pool) for _ in range(self.random.randrange(20))), edges)

    def octets(self):
        return self.random.randbytes(self.random.randrange(40))

    def longs(self):
        return [self.long() for _ in self.count()]

    def point(self):
        return Torture.Point(self.long(), self.double())

    def record(self):
        return Torture.Record(
            self.random.randrange(256), self.text(), self.point(), self.random.random() < 0.5, self.longs(),
            self.random.choice(COLOURS), [self.text() for _ in self.count()], self.random.randint(-(2**15), 2**15 - 1),
            self.random.randrange(2**64))

    def records(self):
        return [self.record() for _ in self.count()]

    def shape(self):
        return self.random.choice([
            lambda: Torture.Shape(Torture.SHAPE_EMPTY, None),
            lambda: Torture.Shape(radius=self.double()),
            lambda: Torture.Shape(label=self.text()),
            lambda: Torture.Shape(full=self.record()),
        ])()

    def choice(self):
        return self.random.choice([
            lambda: Torture.Choice(1, self.text()),
            lambda: Torture.Choice(2, self.text()),
            lambda: Torture.Choice(-7, self.octets()),
            lambda: Torture.Choice(self.random.choice([0, 3, -1, 2**31 - 1, -(2**31)]), self.random.randrange(-9, 9)),
        ])()

    def optional(self, kind, make):
        return kind(True, make()) if self.random.random() < 0.7 else kind(False, None)


def float_edges():
    """Values a 32-bit float holds exactly; the signalling NaN is left out, which Python's float cannot carry."""
    bits = [0, 0x80000000, 0x3FC00000, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 1, 0x7F800000, 0xFF800000, 0x7FC12345]
    return [struct.unpack(">f", struct.pack(">I", each))[0] for each in bits]


DOUBLE_EDGES = [0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"),
                struct.unpack(">d", bytes.fromhex("7ff8123456789abc"))[0]]


def echoes(name, values):
    """The check of one echo operation."""

    def check(session):
        operation = getattr(echo_of(session), "echo_" + name)
        for value in values(Maker(session)):
            expect_same(value, operation(value))

    return check


def entries(session):
    """A map may come back in another order."""
    maker = Maker(session)
    for _ in range(maker.rounds):
        value = [Torture.Entry("key %d %s" % (i, maker.text()), maker.long()) for i in maker.count()]
        got = echo_of(session).echo_entries(value)
        key = lambda entry: entry.key
        expect_same(sorted(value, key=key), sorted(got, key=key))


# ---- Objects ------------------------------------------------------------------------------------------------


class CallbackServant(Torture__POA.Callback):
    def bounce(self, depth, caller):
        return 0 if depth <= 0 else caller.call_back(self._this(), depth)


def nil(session):
    target = echo_of(session)
    for operation in (target.echo_self_type, target.echo_grid, target.echo_object):
        expect_same(None, operation(None))


def references(session):
    target = echo_of(session)
    expect_same(4711, target.echo_self_type(target).echo_long(4711))
    grid = target.make_grid(3, 4)
    expect_same((3, 4), (grid._get_height(), grid._get_width()))
    target.echo_grid(grid).set(2, 3, -5)
    expect_same(-5, grid.get(2, 3))
    back = target.echo_object(grid)
    expect_same(False, bool(back._is_a("IDL:Torture/Echo:1.0")))
    expect_same(True, bool(back._is_a("IDL:Grid:1.0")))


def call_back(session):
    own = session.activate(CallbackServant())._narrow(Torture.Callback)
    for depth in (0, 1, 2, 9):
        expect_same(depth, echo_of(session).call_back(own, depth))


def inheritance(session):
    bottom = echo_of(session).make_bottom("a diamond")
    expect_same((-8, 9, 7, 16), (bottom.bottom_negative(8), bottom.left_next(8), bottom.right_previous(8),
                                 bottom.base_twice(8)))
    bottom._set_depth(-3)
    base = bottom._narrow(Torture.Base)
    expect_same("a diamond", base._get_title())
    expect_same(-3, base._narrow(Torture.Bottom)._get_depth())


def directions(session):
    target, maker = echo_of(session), Maker(session)
    expect_same((1428, 1), target.split(9997, 7))
    for rounds in range(4):
        texts = [maker.text() for _ in range(3)]
        turned = texts[rounds % 3:] + texts[:rounds % 3]
        expect_same([rounds + 1] + turned, list(target.rotate(rounds, *texts)))
    for _ in range(maker.rounds):
        item, items = maker.record(), maker.records()
        result, item_back, kind, items_back, coordinates = target.gather("renamed", item, items)
        expect_same((item.tag, item.paint, items + [item]), (result, kind, items_back))
        expect_same([float(item.at.x), item.at.y], coordinates)
        item.name = "renamed"
        expect_same(item, item_back)
    expect_same(("only out", 0xFEDCBA9876543210, [[0, 1], [2, 3], [4, 5]]), target.only_out())


def attributes(session):
    target, maker = echo_of(session), Maker(session)
    for text in maker.texts():
        target._set_label(text)
        expect_same(text, target._get_label())
    record = maker.record()
    target._set_favourite(record)
    expect_same(record, target._get_favourite())
    expect_same(0.1, target._get_ratio())


# ---- Exceptions ---------------------------------------------------------------------------------------------


def user_exceptions(session):
    target, maker = echo_of(session), Maker(session)
    expect_user(Torture.Plain, target.raise_plain)
    for text in maker.texts():
        expect_same(text, expect_user(Torture.Reason, lambda: target.raise_reason(text)).text)
    for _ in range(maker.rounds):
        text, values, item = maker.text(), maker.longs(), maker.record()
        raised = expect_user(Torture.Rich, lambda: target.raise_rich(text, values, item))
        expect_same((text, values, item.at, item.paint, [item], item.tag),
                    (raised.text, raised.values, raised.at, raised.paint, raised.group, raised.tag))
    expect_same(7, target.raise_either(0))
    expect_user(Torture.Plain, lambda: target.raise_either(1))
    expect_same("either", expect_user(Torture.Reason, lambda: target.raise_either(2)).text)
    expect_same(77, expect_user(Torture.Rich, lambda: target.raise_either(77)).tag)


def system_exceptions(session):
    target = echo_of(session)
    for number, name in enumerate(SYSTEM_EXCEPTIONS):
        for sent, completed in COMPLETIONS:
            minor = session.random.randrange(2**32)
            raised = expect_system(getattr(CORBA, name), lambda: target.raise_system(number, minor, sent))
            expect_same((minor, completed), (raised.minor & 0xFFFFFFFF, raised.completed))


def stranger(session):
    """Requests of a client that was built from another interface."""
    target = session.object._unchecked_narrow(Stranger.Echo)
    expect_system(CORBA.BAD_OPERATION, target.no_such_operation)
    expect_system(CORBA.MARSHAL, lambda: target.echo_string(1))
    expect_system(CORBA.MARSHAL, lambda: target.echo_octets(0xFFFFFFFF))
    expect_same(5, echo_of(session).echo_long(5))


# ---- Load ---------------------------------------------------------------------------------------------------


def large(session):
    target, size = echo_of(session), session.options.size
    octets = session.random.randbytes(size)
    expect_same(octets, target.echo_octets(octets))
    longs = list(struct.unpack(">%di" % (size // 4), session.random.randbytes(size // 4 * 4)))
    expect_same(longs, target.echo_longs(longs))
    expect_same(bytes((7 + i) % 251 for i in range(size)), target.make_octets(size, 7))


def callers(session):
    target = echo_of(session)
    failures = []

    def one(index):
        try:
            maker = Maker(session)
            maker.random = type(session.random)(session.options.seed * 1000 + index)
            for _ in range(maker.rounds):
                record = maker.record()
                expect_same(record, target.echo_record(record))
        except Exception as exception:  # pylint: disable=broad-except
            failures.append(exception)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(session.options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def oneway(session):
    target = echo_of(session)
    total = target.posted()
    for value in range(-50, 150):
        target.post(value)
        total += value
    await_true(session, "the sum of all posts", lambda: target.posted() == total)


def forward(session):
    target = echo_of(session)
    for permanent in (False, True):
        forwarding = target.forwarded(target, permanent)
        before = target.calls()
        for value in (1, -2, 3):
            expect_same(value, forwarding.echo_long(value))
        expect_same(before + 3, target.calls())
        expect_user(Torture.Plain, forwarding.raise_plain)


def wide_refused(session):
    """Wide characters cannot travel over GIOP 1.0 and 1.1 of this ORB, nor to a reference without code sets."""
    for call in (lambda: echo_of(session).echo_wchar("x"), lambda: echo_of(session).echo_wstring("x")):
        raised = expect_system(CORBA.SystemException, call)
        if not isinstance(raised, (CORBA.MARSHAL, CORBA.INV_OBJREF, CORBA.BAD_PARAM)):
            raise Mismatch("MARSHAL, INV_OBJREF or BAD_PARAM", type(raised).__name__)


def all_checks():
    types = {
        "short": lambda m: m.integers(16, True),
        "long": lambda m: m.integers(32, True),
        "long_long": lambda m: m.integers(64, True),
        "octet": lambda m: m.integers(8, False),
        "unsigned_short": lambda m: m.integers(16, False),
        "unsigned_long": lambda m: m.integers(32, False),
        "unsigned_long_long": lambda m: m.integers(64, False),
        "float": lambda m: float_edges(),
        "double": lambda m: m.many(m.double, DOUBLE_EDGES),
        "boolean": lambda m: [True, False],
        "char": lambda m: list(map(chr, range(128))),
        "string": lambda m: m.texts(),
        "short_text": lambda m: ["", "1234567", "12345678", "\"'\\"],
        "few_longs": lambda m: [[], [1], [-1, 2**31 - 1, -(2**31), 0]],
        "octets": lambda m: m.many(m.octets, [b"", b"\0", bytes(range(256))]),
        "longs": lambda m: m.many(m.longs, [[]]),
        "doubles": lambda m: m.many(lambda: [m.double() for _ in m.count()], [[], DOUBLE_EDGES]),
        "strings": lambda m: m.many(lambda: [m.text() for _ in m.count()], [[], [""]]),
        "long_table": lambda m: m.many(lambda: [m.longs() for _ in m.count()], [[], [[]], [[], [1]]]),
        "matrix": lambda m: m.many(lambda: [[m.long(), m.long()] for _ in range(3)]),
        "point": lambda m: m.many(m.point),
        "record": lambda m: m.many(m.record),
        "records": lambda m: m.many(m.records, [[]]),
        "colour": lambda m: COLOURS,
        "shape": lambda m: m.many(m.shape, [Torture.Shape(Torture.SHAPE_EMPTY, None)]),
        "shapes": lambda m: m.many(lambda: [m.shape() for _ in m.count()]),
        "choice": lambda m: m.many(m.choice, [Torture.Choice(1, ""), Torture.Choice(2, "two")]),
        "maybe_long": lambda m: m.many(lambda: m.optional(Torture.MaybeLong, m.long)),
        "maybe_record": lambda m: m.many(lambda: m.optional(Torture.MaybeRecord, m.record)),
    }
    checks = [("all", name, echoes(name, values)) for name, values in types.items()]
    checks.append(("wide", "wstring", echoes("wstring", lambda m: m.wide_texts())))
    # Not part of any group: omniORBpy 4.3.3 misreads every wchar result over GIOP 1.2 (see ../README.md).
    checks.append(("faulty_peer", "wchar", echoes("wchar", lambda m: ["a", "\u00e9", "\u20ac", "\ufffd", "\0"])))
    rest = [entries, nil, references, call_back, inheritance, directions, attributes, user_exceptions, system_exceptions,
            stranger, large, callers, oneway, forward]
    checks += [("all", body.__name__, body) for body in rest]
    return checks + [("wide_refused", "wide_refused", wide_refused)]


run_checks(all_checks())
