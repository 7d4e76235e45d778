"""What Chromium learned after version 90, drawn from the compatibility data of MDN.

The list lies beside this file. To renew it, fetch the package ``@mdn/browser-compat-data`` (public domain)
and run ``python -m tests.contract.newer data.json >tests/contract/newer.txt``. Properties, selectors and
at-rules are listed whole, so that a name the data do not know is noticed too; of all else what is newer.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OLDEST = 90
NEVER = 9999
"""In no Chromium, or only behind a switch."""
WORD = re.compile(r"-?[a-z][a-z0-9-]*")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
UNITS = {
    "viewport_percentage_units_dynamic": ("dvb", "dvh", "dvi", "dvmax", "dvmin", "dvw"),
    "viewport_percentage_units_large": ("lvb", "lvh", "lvi", "lvmax", "lvmin", "lvw"),
    "viewport_percentage_units_small": ("svb", "svh", "svi", "svmax", "svmin", "svw"),
    "container_query_length_units": ("cqb", "cqh", "cqi", "cqmax", "cqmin", "cqw"),
}
Lines = Iterator[tuple[str, int]]


def version(feature: dict[str, Any]) -> int:
    """The first Chromium, on a desk or a phone, that has the feature by this very name, for everybody."""
    support = feature.get("__compat", {}).get("support", {})
    return min(_first(support.get(browser, {})) for browser in ("chrome", "chrome_android"))


def _first(support: Any) -> int:
    each = support if isinstance(support, list) else [support]
    plain = [one for one in each if not {"flags", "prefix", "alternative_name"} & one.keys()]
    if all("version_removed" in one for one in plain):
        return NEVER
    added = [str(one.get("version_added")).lstrip("≤") for one in plain]
    return min((int(one) for one in added if one.isdigit()), default=NEVER)


def parts(feature: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What lies under a feature and has data of its own."""
    return ((name, each) for name, each in feature.items() if name != "__compat" and "__compat" in each)


def styles(css: dict[str, Any]) -> Lines:
    """Properties and their values, selectors, at-rules and what stands in them."""
    for name, each in parts(css["properties"]):
        yield f"property {name}", version(each)
        yield from _named(f"value {name}", each if version(each) <= OLDEST else {})
    yield from _named("selector", css["selectors"])
    yield from _named("at-rule", css["at-rules"])
    yield from _named("media", css["at-rules"]["media"])
    for _, each in parts(css["at-rules"]):
        yield from _named("property", each if each is not css["at-rules"]["media"] else {})


def measures(types: dict[str, Any]) -> Lines:
    """Functions and units."""
    for around in (types, *types.values()):
        yield from _named("function", around)
    for name, each in parts(types["length"]):
        for unit in UNITS.get(name, (name,)):
            yield f"unit {unit}", version(each)


def _named(kind: str, around: dict[str, Any]) -> Lines:
    """The parts that are called by a name, not described."""
    return ((f"{kind} {name}", version(each)) for name, each in parts(around) if WORD.fullmatch(name))


def markup(html: dict[str, Any]) -> Lines:
    """Elements and attributes."""
    for element, each in parts(html["elements"]):
        yield f"element {element}", version(each)
        yield from _named(f"attribute {element}", each)
    yield from _named("attribute *", html["global_attributes"])


def scripts(data: dict[str, Any]) -> Lines:
    """Names a script may say: of their own, and members; a member many know only with its owner."""
    first: dict[str, int] = defaultdict(lambda: NEVER)
    owned: dict[tuple[str, str], int] = {}
    for around in (data["javascript"]["builtins"], data["api"]):
        for owner, each in parts(around):
            yield f"name {owner}", version(each)
            for member, one in parts(each):
                static, name = member.endswith("_static"), member.removesuffix("_static")
                if NAME.fullmatch(name) and not name.endswith("event"):
                    first[name] = min(first[name], version(one))
                    owned[owner, name] = min(version(one), owned.get((owner, name), NEVER))
                    assert static or name == member
    for (owner, name), since in owned.items():
        yield (f"member {name}", first[name]) if first[name] > OLDEST else (f"owned {owner}.{name}", since)


def listed(data: dict[str, Any]) -> list[str]:
    """The lines of the list."""
    found: dict[str, int] = {}
    for lines in (styles(data["css"]), measures(data["css"]["types"]), markup(data["html"]), scripts(data)):
        for what, since in lines:
            found[what] = min(since, found.get(what, NEVER))
    return [f"{what} {since}" for what, since in sorted(found.items()) if _kept(what, since)]


def _kept(what: str, since: int) -> bool:
    """All style names that stand alone; of the rest what is newer, of scripts what some Chromium has."""
    kind = what.partition(" ")[0]
    if kind in ("property", "selector", "at-rule"):
        return True
    return OLDEST < since < NEVER if kind in ("member", "owned", "name") else since > OLDEST


if __name__ == "__main__":
    sys.stdout.write("\n".join(listed(json.loads(Path(sys.argv[1]).read_text("utf-8")))) + "\n")
