"""A CORBA server process: what every program here that serves objects has in common.

The process prints `ready REFERENCE` once it serves; it ends orderly on SIGTERM, and with --with-parent when its standard input
does. Unless the options say otherwise it listens on a free port of 127.0.0.1.
"""

import os
import signal
import sys
import threading

from omniORB import CORBA


def end_with_parent():
    while os.read(0, 256):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def serve(servants, announced, prepare=lambda orb: None):
    """Serves servants by key, and says where the announced one is. prepare gets the ORB before anything is served."""
    # Blocked before the ORB has threads, so that sigwait below is the only one to see it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    words = list(sys.argv)
    if "-ORBendPoint" not in words:
        words += ["-ORBendPoint", "giop:tcp:127.0.0.1:"]
    if "-ORBmaxGIOPConnectionPerServer" not in words:
        # With 5, the ORB's own number, chains of callbacks deeper than that wait for ever.
        words += ["-ORBmaxGIOPConnectionPerServer", "100"]
    orb = CORBA.ORB_init(words, CORBA.ORB_ID)
    prepare(orb)
    if "--with-parent" in words:
        threading.Thread(target=end_with_parent, daemon=True).start()
    adapter = orb.resolve_initial_references("omniINSPOA")
    for key, servant in servants.items():
        adapter.activate_object_with_id(key, servant)
    adapter._get_the_POAManager().activate()
    orb.resolve_initial_references("RootPOA")._get_the_POAManager().activate()
    print("ready", orb.object_to_string(adapter.id_to_reference(announced)), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    orb.shutdown(True)
    orb.destroy()
    # Not a plain return: threads that wake while the interpreter is being torn down abort the process.
    os._exit(0)
