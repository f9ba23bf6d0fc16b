"""grid_server.py [--height H] [--width W] [--with-parent] [-ORB...] - serves a Grid under the object key "grid"."""

import sys

from grid_servant import GridServant
from serve import serve


def option(name, fallback):
    words = sys.argv
    return int(words[words.index(name) + 1]) if name in words else fallback


serve({b"grid": GridServant(option("--height", 100), option("--width", 100))}, b"grid")
