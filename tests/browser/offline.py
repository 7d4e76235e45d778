"""verifier.html in a browser without network, asked as verifier.py is asked in this process."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from service.audit import verifier
from service.audit.verifier import Given, Key, Outcome, Policy, Printed, ProofCheck, Verification
from tests.unit.audit.memory import files_of

PAGE = Path(verifier.__file__).with_suffix(".html")
Change = tuple[str, int, int]

# Asks the page; bytes travel as base64. `changes` are judged one after the other on the same files.
HANDLE = """
() => {
  const bytes = (text) => (text === null ? null : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  const told = ({ code, outcome, error }) => ({ code, error, plain: outcome && outcome.plain(), text: outcome && outcome.text() });
  let files = new Map();
  const subjectOf = (name) => (name === null ? new Map([...files].map(([each, data]) => [each, new Blob([data])])) : new Blob([files.get(name)]));
  globalThis.asked = {
    load: (given) => { files = new Map(given.map(([name, text]) => [name, bytes(text)])); },
    one: async ({ alone, kept, ...call }) => told(await judge({ ...call, subject: subjectOf(alone), kept: bytes(kept) })),
    many: async ({ alone, kept, changes, ...call }) => {
      const answers = [], held = bytes(kept);
      for (const [name, at, value] of changes) {
        const data = files.get(name), before = data[at];
        data[at] = value;
        answers.push(told(await judge({ ...call, subject: subjectOf(alone), kept: held })));
        data[at] = before;
      }
      return answers;
    },
  };
}
"""


def fresh_context(browser: Browser) -> tuple[BrowserContext, list[str]]:
    """A new profile without network, and the list of every request that is not for a file of this disk."""
    context = browser.new_context(offline=True, locale="zh-CN")
    context.set_default_timeout(120_000)
    asked: list[str] = []
    context.on("request", lambda request: request.url.startswith("file:") or asked.append(request.url))
    return context, asked


class OfflinePage:
    """The page, opened from disk."""

    def __init__(self, page: Page, file: Path = PAGE) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text))
        page.goto(file.as_uri())
        page.evaluate(HANDLE)
        self.held: object = None

    def load(self, files: Mapping[str, bytes]) -> None:
        """Give the page the files that are judged from now on."""
        self.page.evaluate("asked.load", [[name, _base64(data)] for name, data in files.items()])

    def judge(self, files: Mapping[str, bytes], **call: Any) -> dict[str, Any]:
        """Its answer over these files."""
        self.load(files)
        answer: dict[str, Any] = self.page.evaluate("asked.one", _call(**call))
        return answer

    def judge_many(self, changes: Sequence[Change], **call: Any) -> list[dict[str, Any]]:
        """Its answers over the loaded files, each with one byte changed."""
        answers: list[dict[str, Any]] = self.page.evaluate(
            "asked.many", {**_call(**call), "changes": [list(each) for each in changes]}
        )
        return answers


def _call(
    policy: Policy,
    kept: bytes | None = None,
    leaf: bytes | None = None,
    alone: str | None = None,
    given: Given | None = None,
    printed: Printed | None = None,
) -> dict[str, Any]:
    return {
        "policy": policy_words(policy),
        "kept": None if kept is None else _base64(kept),
        "leaf": None if leaf is None else leaf.hex(),
        "alone": alone,
        "printed": printed and f"{printed.size} {' '.join(printed.groups)}",
        "given": given and {"name": given.name, "sha256": given.sha256},
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def policy_words(policy: Policy) -> str:
    """The text of a policy."""
    lines = [f"log {_vkey(key, verifier.LOG_KEY)}" for key in policy.keys.values()]
    for key in policy.keys.values():
        lines.append(f"# pingji key {key.key_id.hex()} from {key.since}")
        lines += [] if key.until is None else [f"# pingji key {key.key_id.hex()} until {key.until}"]
    lines += [f"witness {name} {_vkey(key, verifier.WITNESS_KEY)}" for name, key in policy.witnesses.items()]
    lines += [f"group {name} {count} {' '.join(members)}" for name, (count, members) in policy.groups.items()]
    return "\n".join([*lines, f"quorum {policy.quorum}"]) + "\n"


def _vkey(key: Key, kind: int) -> str:
    return f"{key.name}+{key.key_id.hex()}+{_base64(bytes([kind]) + key.public)}"


def told(outcome: Outcome) -> dict[str, Any]:
    """What verifier.py says, in the form in which the page answers."""
    return {"code": 0 if outcome.ok else 1, "error": None, "plain": outcome.plain(), "text": outcome.text()}


def both(page: OfflinePage, outcome: Outcome) -> None:
    """Demand that the page says of the same files, under the same policy, word for word the same."""
    if isinstance(outcome, Verification):
        bundle, zipped = outcome.bundle, outcome.bundle.archive is not None
        files = {"zip": bundle.path.read_bytes()} if zipped else files_of(bundle)
        alone = "zip" if zipped else None
        more = {"kept": outcome.kept, "given": outcome.given, "printed": outcome.printed}
        answer = page.judge(files, policy=outcome.policy, alone=alone, **more)
    else:
        assert isinstance(outcome, ProofCheck)
        answer = page.judge(
            {"proof": outcome.data},
            policy=outcome.policy,
            kept=outcome.kept,
            leaf=outcome.leaf,
            given=outcome.given,
            alone="proof",
        )
        if not outcome.data.startswith((verifier.INCLUSION.encode(), b"old ")):
            # The command as well would take it for a bundle, and refuse it.
            assert (outcome.ok, answer["code"]) == (False, 2)
            return
    assert answer == told(outcome)
