"""Reads one framework file from outside and writes down every fault of it.

Run in a child of its own: ``python -I reading.py SOURCE FAULTS``. Exit code 0: FAULTS holds the problems as
a JSON list, empty for a sound framework; anything else: the file could not be read to its end.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path


def faults_of(source: Path) -> list[dict[str, object]]:
    """Return every fault of the file, each as the members of a `Problem` without the file's name."""
    from service import frameworks  # noqa: PLC0415 - known only after the path was set
    from service.errors import InvalidError  # noqa: PLC0415
    from service.yamltext import read_file  # noqa: PLC0415

    try:
        frameworks.parse_document(read_file(source))
    except InvalidError as error:
        return [dataclasses.asdict(dataclasses.replace(one, file="")) for one in error.problems]
    return []


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    Path(sys.argv[2]).write_text(json.dumps(faults_of(Path(sys.argv[1]))), encoding="utf-8")
