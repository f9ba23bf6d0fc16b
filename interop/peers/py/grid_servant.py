"""The servant of a Grid."""

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
