"""echo_server.py [--with-parent] [-ORB...] - serves a Torture::Echo under the object key "echo".

As the C++ one, but that it forwards nothing and that nothing waits in it.
"""

from omniORB import CORBA

import Torture
import Torture__POA
from grid_servant import GridServant
from serve import serve

# In the order of the table in the README of the folder above.
SYSTEM = """UNKNOWN BAD_PARAM NO_MEMORY IMP_LIMIT COMM_FAILURE INV_OBJREF NO_PERMISSION INTERNAL MARSHAL INITIALIZE
NO_IMPLEMENT BAD_TYPECODE BAD_OPERATION NO_RESOURCES NO_RESPONSE PERSIST_STORE BAD_INV_ORDER TRANSIENT FREE_MEM INV_IDENT
INV_FLAG INTF_REPOS BAD_CONTEXT OBJ_ADAPTER DATA_CONVERSION OBJECT_NOT_EXIST TRANSACTION_REQUIRED TRANSACTION_ROLLEDBACK
INVALID_TRANSACTION INV_POLICY CODESET_INCOMPATIBLE REBIND TIMEOUT TRANSACTION_UNAVAILABLE TRANSACTION_MODE BAD_QOS""".split()
COMPLETED = [CORBA.COMPLETED_YES, CORBA.COMPLETED_NO, CORBA.COMPLETED_MAYBE]


class BottomServant(Torture__POA.Bottom):
    def __init__(self, title):
        self.title, self.depth = title, 0

    def _get_title(self):
        return self.title

    def _get_depth(self):
        return self.depth

    def _set_depth(self, value):
        self.depth = value

    def base_twice(self, value):
        return value * 2

    def left_next(self, value):
        return value + 1

    def right_previous(self, value):
        return value - 1

    def bottom_negative(self, value):
        return -value


class EchoServant(Torture__POA.Echo):
    def __init__(self):
        self.label, self.sum, self.served = "", 0, 0
        self.favourite = Torture.Record(0, "", Torture.Point(0, 0.0), False, [], Torture.RED, [], 0, 0)

    def echo_long(self, value):
        self.served += 1
        return value

    def make_grid(self, height, width):
        return GridServant(height, width)._this()

    def make_bottom(self, title):
        return BottomServant(title)._this()

    def call_back(self, target, depth):
        return target.bounce(depth - 1, self._this()) + 1 if depth > 0 else 0

    def split(self, value, by):
        # Python rounds down where C++ rounds towards zero.
        quotient = abs(value) // abs(by) * (1 if (value < 0) == (by < 0) else -1)
        return quotient, value - quotient * by

    def rotate(self, rounds, first, second, third):
        for _ in range(rounds % 3):
            first, second, third = second, third, first
        return rounds + 1, first, second, third

    def gather(self, name, item, items):
        received = Torture.Record(
            item.tag, item.name, item.at, item.visible, item.values, item.paint, item.notes, item.rank, item.serial
        )
        item.name = name
        return item.tag, item, item.paint, list(items) + [received], [float(item.at.x), item.at.y]

    def only_out(self):
        return "only out", 0xFEDCBA9876543210, [[0, 1], [2, 3], [4, 5]]

    def _get_label(self):
        return self.label

    def _set_label(self, value):
        self.label = value

    def _get_favourite(self):
        return self.favourite

    def _set_favourite(self, value):
        self.favourite = value

    def _get_ratio(self):
        return 0.1

    def raise_plain(self):
        raise Torture.Plain()

    def raise_reason(self, text):
        raise Torture.Reason(text)

    def raise_rich(self, text, values, item):
        raise Torture.Rich(text, values, item.at, item.paint, [item], item.tag)

    def raise_either(self, which):
        if which == 0:
            return 7
        if which == 1:
            raise Torture.Plain()
        if which == 2:
            raise Torture.Reason("either")
        raise Torture.Rich("either", [], Torture.Point(0, 0.0), Torture.BLUE, [], which % 256)

    def raise_system(self, number, minor, completed):
        if number >= len(SYSTEM):
            raise CORBA.BAD_PARAM(0, CORBA.COMPLETED_NO)
        raise getattr(CORBA, SYSTEM[number])(minor, COMPLETED[completed._v])

    def make_octets(self, length, first):
        return bytes((first + i) % 251 for i in range(length))

    def post(self, value):
        self.sum += value

    def posted(self):
        return self.sum

    def calls(self):
        return self.served


def echo(self, value):
    return value


# Every other operation called echo_... returns what it is given.
TYPES = """short long_long octet unsigned_short unsigned_long unsigned_long_long float double boolean char wchar string wstring
short_text few_longs octets longs doubles strings long_table matrix point record records colour shape shapes choice maybe_long
maybe_record entries self_type grid object"""
for name in TYPES.split():
    setattr(EchoServant, "echo_" + name, echo)

serve({b"echo": EchoServant()}, b"echo")
