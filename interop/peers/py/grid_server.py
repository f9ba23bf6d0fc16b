"""grid_server.py [--height H] [--width W] [--with-parent] [-ORB...] - serves a Grid under the object key "grid".

Prints `ready REFERENCE` once it serves; ends orderly on SIGTERM, and with --with-parent when standard input ends.
"""

import os
import signal
import sys
import threading

from omniORB import CORBA

import _GlobalIDL
import _GlobalIDL__POA


class GridServant(_GlobalIDL__POA.Grid):
    def __init__(self, height, width):
        self.height, self.width = height, width
        self.cells = {}

    def _get_height(self):
        return self.height

    def _get_width(self):
        return self.width

    def check(self, n, m):
        if not (0 <= n < self.height and 0 <= m < self.width):
            raise _GlobalIDL.OutOfRange(n, m)

    def set(self, n, m, value):
        self.check(n, m)
        self.cells[n, m] = value

    def get(self, n, m):
        self.check(n, m)
        return self.cells.get((n, m), 0)


def option(name, fallback):
    words = sys.argv
    return int(words[words.index(name) + 1]) if name in words else fallback


def end_with_parent():
    while os.read(0, 256):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    # Blocked before the ORB has threads, so that sigwait below is the only one to see it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    words = list(sys.argv)
    if "-ORBendPoint" not in words:
        words += ["-ORBendPoint", "giop:tcp:127.0.0.1:"]
    orb = CORBA.ORB_init(words, CORBA.ORB_ID)
    if "--with-parent" in words:
        threading.Thread(target=end_with_parent, daemon=True).start()
    adapter = orb.resolve_initial_references("omniINSPOA")
    servant = GridServant(option("--height", 100), option("--width", 100))
    adapter.activate_object_with_id(b"grid", servant)
    adapter._get_the_POAManager().activate()
    print("ready", orb.object_to_string(adapter.id_to_reference(b"grid")), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    orb.shutdown(True)
    orb.destroy()
    # Not a plain return: threads that wake while the interpreter is being torn down abort the process.
    os._exit(0)


main()
