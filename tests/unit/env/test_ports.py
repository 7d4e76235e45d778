"""Ports for servers of the tests are each given once, also to several test processes."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ports


def test_a_port_is_given_once_to_all_processes_and_never_one_that_is_taken(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ports.free_port()
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert not int(low) <= first <= int(high)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr(ports, "PORTS", range(first, first + 1))
        with pytest.raises(RuntimeError):
            ports.free_port()
        monkeypatch.setattr(ports, "PORTS", [taken.getsockname()[1]])
        with pytest.raises(RuntimeError):
            ports.free_port()
    script = f"from tests import ports; ports.PORTS = range({first}, {first + 1}); ports.free_port()"
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert other.stderr.strip().endswith("RuntimeError: 没有可用的端口")
