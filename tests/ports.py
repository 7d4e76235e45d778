"""Ports for programs that are told where to listen before they run."""

from __future__ import annotations

import random
import socket

# Below what Linux gives by itself, to a port 0 as well as to every connection that goes out.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of loopback at which nobody listens, given to no other test as long as this process lives.

    A port asked of the kernel and given back may be somebody else's before the program comes to listen at it.
    """
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        # A name without a file: the kernel lets one process hold it, and lets it go with the process.
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0pingji-test-port-{port}")
            with socket.socket() as asked:
                asked.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        mark.detach()
        return port
    raise RuntimeError("没有可用的端口")
