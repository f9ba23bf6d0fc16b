"""zoo_server.py [--vault] [--with-parent] [-ORB...] - serves a Zoo::Keeper under the object key "keeper", a Zoo::Vault under "vault".

Prints `ready REFERENCE`, of the keeper or with --vault of the vault, once it serves; ends orderly on SIGTERM, and with --with-parent when standard input ends.
"""

import os
import signal
import sys
import threading

from omniORB import CORBA

import Zoo
import Zoo__POA


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
    orb.register_value_factory(CORBA.id(Zoo.Note), Note)
    if "--with-parent" in words:
        threading.Thread(target=end_with_parent, daemon=True).start()
    adapter = orb.resolve_initial_references("omniINSPOA")
    servant = Keeper()
    adapter.activate_object_with_id(b"keeper", servant)
    vault = Vault()
    adapter.activate_object_with_id(b"vault", vault)
    adapter._get_the_POAManager().activate()
    announced = b"vault" if "--vault" in words else b"keeper"
    print("ready", orb.object_to_string(adapter.id_to_reference(announced)), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    orb.shutdown(True)
    orb.destroy()
    # Not a plain return: threads that wake while the interpreter is being torn down abort the process.
    os._exit(0)


main()
