"""zoo_server.py [--vault] [--with-parent] [-ORB...] - serves a Zoo::Keeper under the object key "keeper", a Zoo::Vault under "vault".

Prints the reference of the keeper, with --vault that of the vault.
"""

import sys

from omniORB import CORBA

import Zoo
import Zoo__POA
from serve import serve


class Note(Zoo.Note):
    """A value with behaviour, which its stub leaves open."""

    def description(self):
        return self.text


class Keeper(Zoo__POA.Keeper):
    """Returns what it is given, itself or by way of another."""


class Vault(Zoo__POA.Vault):
    """Returns what it is given, itself or by way of another."""


def echo(name):
    def answer(self, value, via):
        return value if via is None else getattr(via, name)(value, None)

    return answer


for name in ["any", "price", "even", "unions", "point", "link", "text", "basket", "described"]:
    setattr(Keeper, "echo_" + name, echo("echo_" + name))
for name in ["sealed", "seals", "any"]:
    setattr(Vault, "echo_" + name, echo("echo_" + name))


serve(
    {b"keeper": Keeper(), b"vault": Vault()},
    b"vault" if "--vault" in sys.argv else b"keeper",
    lambda orb: orb.register_value_factory(CORBA.id(Zoo.Note), Note),
)
