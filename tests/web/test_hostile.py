"""Two hundred hostile strings typed into every text field of every form: shown letter by letter or refused.

- A form is read off its page and sent back filled in, so a new field is tried without being named here; the
  text fields of all acts must be among those tried.
- That markup is shown as words is judged by a parser here, by a real browser in `test_crawled`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.forms.act import ACTS, Act
from service.web.forms.fields import Lines, Words
from service.workflow.kinds import Kind
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status
from tests.conftest import Depth
from tests.web.conftest import ORIGIN, Site, World, running_copy, unit_writes
from tests.web.hostile import NUMBER, REFUSED, SHOWN, kept, packed
from tests.web.pageforms import Control, PageForm, Read
from tests.web.tables import Kept
from tests.web.test_doing import STAGES, permitted

NOT_TYPED = ("hidden", "choice", "frozen", "content")
PLACES = {
    "/self/table": ("self", Role.DF), "/self/texts": ("self", Role.DF),
    "/self/funds": ("self", Role.DF), "/self/survey": ("self", Role.DF),
    "/grid/B1": ("visit", Role.EV), "/grid/A1": ("visit", Role.EV), "/visit/record": ("visit", Role.EV),
    "/evidence": ("visit", Role.EV), "/paste-scores": ("visit", Role.EV), "/edit": ("visit", Role.FO),
    "/plan/amend": ("visit", Role.EL), "/plan/amend?view=body": ("visit", Role.EL),
    "/writing": ("visit", Role.EL), "/writing?part=tables": ("visit", Role.EL),
}  # fmt: skip
"""Pages that are worked on without the form of one act, and who works there on which case."""
TABS = ("/history", "/scores?open=1", "", "/evidence", "/opinions", "/review", "/visit", "/people", "/plan",
        "/visit/findings", "/self/supplements", "/grid", "/report", "/edit", "/writing", "/self/table")  # fmt: skip
LONGEST, FEW = 2000, 6
ONE_LINE = tuple(text for text in SHOWN if len(text.splitlines()) == 1)
"""A field of one item per line takes each line for itself."""
DAY = "2031-03-05"


def act_texts() -> dict[str, int]:
    """Every text field of every act, as ``act/field``, with how much it takes."""
    found = {}
    for act in ACTS.values():
        for name, one in act.form().fields.items():
            if isinstance(one, Words | Lines) and one.metadata.get("widget") not in NOT_TYPED:
                found[f"{act.path}/{name}"] = min(getattr(one, "limit", LONGEST), LONGEST)
    return found


@dataclass
class Typing:
    """Who types where, and what came of it."""

    site: Site
    kept: Kept
    clients: dict[Role, FlaskClient] = field(default_factory=dict)
    echoed: dict[str, int] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    strings: set[str] = field(default_factory=set)
    wrong: list[tuple[Any, ...]] = field(default_factory=list)
    unseen: list[tuple[str, str, str]] = field(default_factory=list)
    found_at: dict[str, str] = field(default_factory=dict)

    def client(self, role: Role) -> FlaskClient:
        """The person of a role, logged in once."""
        if role not in self.clients:
            self.clients[role] = self.site.as_role(role)
        return self.clients[role]

    def send(self, role: Role, form: PageForm, typed: dict[str, str], **more: str) -> TestResponse:
        """Send the form as a browser does, with these words in its text controls."""
        sent: dict[str, Any] = {
            **form.filled(tick=True),
            **{name: [text] for name, text in typed.items()},
            **more,
        }
        for one in form.controls:
            if one.kind == "file":
                sent[one.name] = (BytesIO(b"1"), "x.txt")
            elif one.kind == "date":
                sent[one.name] = DAY
        return self.client(role).post(
            form.action, data=sent, headers=ORIGIN, content_type="multipart/form-data"
        )


@dataclass(frozen=True)
class Field:
    """A form with who fills it in."""

    name: str
    code: str
    role: Role
    address: str


def self_writers(act: Act) -> list[Role]:
    """Who may do an act while the unit writes its 自评."""
    stage = Kind.DEPARTMENT, Stage.SELF_ASSESSMENT, Status.ACTIVE
    known = (Role.DF, Role.DH, Role.EL, Role.EV, Role.FO, Role.FR, Role.FA)
    return [role for role in known if permits(*stage, act.action, frozenset({role}))]


def places() -> Iterator[Field]:
    """Every act whom somebody may do in some stage, and every other page of work."""
    for act in ACTS.values():
        for code in ("visit", "review", "asked", "final", "draft", "self"):
            roles = list(permitted(code, act)) if code in STAGES else self_writers(act)
            if roles:
                yield Field(act.path, code, roles[0], f"/cases/{code}/do/{act.path}")
    for path, (code, role) in PLACES.items():
        yield Field(path, code, role, f"/cases/{code}{path}")


def turns(deep: Depth, first: int) -> list[Field]:
    """All places in this part of a deep run; else every sixth from `first`."""
    every = list(places())
    numbers = deep.numbers(0, len(every))
    return every[numbers.start : numbers.stop] if deep else every[first::FEW]


@pytest.fixture(scope="module")
def typing(long_logins: None, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typing]:
    folder = tmp_path_factory.mktemp("typed")
    with running_copy(world, folder / "instance") as site:
        unit_writes(world, site.app)
        made = Typing(site, Kept(site, folder))
        for role in Role:
            if role not in (Role.SD, Role.EX, Role.AA, Role.IR, Role.AS):
                made.client(role)
        made.kept = Kept(site, folder)
        yield made


def forms_at(typing: Typing, place: Field) -> list[PageForm]:
    """The forms of a page that are typed into and sent to the case."""
    page = Read(typing.client(place.role).get(place.address).text)
    here = f"/cases/{place.code}/"
    return [f for f in page.forms if f.method == "post" and f.action.startswith(here) and words_of(f)]


def words_of(form: PageForm) -> list[Control]:
    """Controls that take words, not only numbers."""
    return [one for one in form.texts if not one.numeric]


def label(place: Field, form: PageForm, control: Control) -> str:
    """The name of a field, the same wherever its form stands."""
    path = form.action.removeprefix(f"/cases/{place.code}/").removeprefix("do/").partition("?")[0]
    return f"{path}/{control.name}"


def test_what_is_refused_comes_back_letter_by_letter(typing: Typing, deep: Depth) -> None:
    everything = "¶".join((*SHOWN, *REFUSED))
    for place in turns(deep, 0):
        for form in forms_at(typing, place):
            new = [one for one in words_of(form) if label(place, form, one) not in typing.echoed]
            if not new:
                continue
            answer = typing.send(place.role, form, {one.name: f"{everything}¶{one.name}" for one in new})
            told = Read(answer.text)
            for one in new:
                # A text area loses the first line break after its tag, in every browser.
                here = f"{everything}¶{one.name}"
                back = {value.replace("\r\n", "\n") for value in told.values}
                if answer.status_code in (302, 303, 500) or here.replace("\r\n", "\n") not in back:
                    typing.wrong.append((place.address, one.name, answer.status_code))
                typing.echoed[label(place, form, one)] = len(SHOWN) + len(REFUSED)
            typing.kept.restore()
    acts = {name for name in act_texts() if name in typing.echoed}
    print(  # noqa: T201 - the count is the report
        f"strings={NUMBER} fields={len(typing.echoed)} of_acts={len(acts)}/{len(act_texts())}"
        f" combinations={sum(typing.echoed.values())} wrong={len(typing.wrong)}"
    )
    assert typing.wrong == []


def limit_of(place: Field, form: PageForm, control: Control) -> int:
    """How much a field is tried with: what its act takes, else little."""
    return act_texts().get(label(place, form, control), control.most or 60)


def shown_somewhere(typing: Typing, place: Field, answer: TestResponse, name: str, text: str) -> bool:
    """Whether a page of the case shows the text; where it was found last is looked at first."""
    first = [typing.found_at.get(name, ""), str(answer.location)]
    for address in dict.fromkeys((*filter(None, first), *(f"/cases/{place.code}{tab}" for tab in TABS))):
        for role in (place.role, Role.AU):
            page = typing.client(role).get(address)
            if page.status_code == 200 and Read(page.text).shows(text):
                typing.found_at[name] = address
                return True
    return False


def one_round(typing: Typing, place: Field, form: PageForm, turn: int) -> bool:
    """Fill the form with the strings of this round; True if it was taken."""
    typed = {}
    for one in words_of(form):
        packs = packed(ONE_LINE, limit_of(place, form, one))
        typed[one.name] = packs[turn % len(packs)] if packs else "文字"
    answer = typing.send(place.role, form, typed)
    if answer.status_code != 303:
        return False
    for one in words_of(form):
        name, text = label(place, form, one), kept(typed[one.name])
        if not shown_somewhere(typing, place, answer, name, text):
            typing.unseen.append((name, place.code, text[:60]))
        typing.stored[name] = typing.stored.get(name, 0) + 1
        typing.strings |= {each for each in ONE_LINE if each in typed[one.name]}
    return True


def test_what_is_taken_is_shown_letter_by_letter(typing: Typing, deep: Depth) -> None:
    for place in turns(deep, 1):
        for number, form in enumerate(forms_at(typing, place)):
            names = [label(place, form, one) for one in words_of(form)]
            if all(name in typing.stored for name in names):
                continue
            most = max(len(packed(ONE_LINE, limit_of(place, form, one))) for one in words_of(form))
            for turn in range(most if deep else 1):
                again = forms_at(typing, place) if turn else [form] * (number + 1)
                if len(again) <= number or not one_round(typing, place, again[number], turn):
                    break
            typing.kept.restore()
    acts = set(act_texts())
    print(  # noqa: T201 - the count is the report
        f"stored fields={len(typing.stored)} of_acts={len(acts & set(typing.stored))}/{len(acts)}"
        f" strings={len(typing.strings)} texts={sum(typing.stored.values())} unseen={len(typing.unseen)}"
    )
    assert typing.unseen == []


def test_what_cannot_be_shown_is_refused(typing: Typing, deep: Depth) -> None:
    taken, tried = list[tuple[str, str]](), 0
    for place in turns(deep, 2):
        for form in forms_at(typing, place):
            for one in words_of(form):
                for bad in REFUSED if deep else REFUSED[:1]:
                    typed = {other.name: "文字" for other in words_of(form)}
                    answer = typing.send(place.role, form, {**typed, one.name: f"文{bad}字"})
                    tried += 1
                    if answer.status_code in (303, 500):
                        taken.append((label(place, form, one), repr(bad)))
                        typing.kept.restore()
    print(f"refused={tried} taken={len(taken)}")  # noqa: T201 - the count is the report
    assert taken == []
