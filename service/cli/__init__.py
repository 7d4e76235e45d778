"""The command line: ``pingji SUBCOMMAND``.

- A subcommand is a module of this package, named in `registry.COMMANDS`, holding ``command``.
- It parses, calls one action or query, and prints; rules live elsewhere.
- Exit codes: 0 done, 1 findings or refusal, 2 wrong use, 3 something needed is not available.
"""

from __future__ import annotations

from service.cli.entry import main

__all__ = ["main"]
