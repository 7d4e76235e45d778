"""Two people edit the same thing at once, or one presses twice: one effect, and nothing typed is lost.

- The application answers real requests on a real socket with several threads, as in service.
- Two editors read one state and send at the same moment: exactly one is stored; the other is told so, with
  all he typed and what is stored now.
- The same form sent twice is done once and both sendings end at the same page.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool
from waitress.server import create_server

from service import create_app
from service.extensions import db
from service.models.base import Base
from tests.builders import PASSWORD
from tests.cluster import running_cluster
from tests.conftest import Depth
from tests.web.conftest import World, csrf_of, made_world, running_copy, settings_of, unit_writes
from tests.web.pageforms import PageForm, Read

STALE = 412


@dataclass
class Browser:
    """One person's browser: a connection of its own and a cookie."""

    port: int
    login: str
    cookie: str = ""

    def get(self, path: str) -> str:
        """The page at an address."""
        status, page, _ = self._ask("GET", path)
        assert status == 200, (self.login, path, status)
        return page

    def send(self, path: str, sent: dict[str, str]) -> tuple[int, str, str]:
        """Status, page and where it leads."""
        return self._ask("POST", path, urlencode(sent))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for one in answer.headers.get_all("Set-Cookie") or ():
                self.cookie = one.partition(";")[0]
            return answer.status, page, answer.headers.get("Location", "")
        finally:
            connection.close()

    def enter(self) -> Browser:
        """The person is logged in."""
        token = csrf_of(self.get("/login"))
        sent = {"login": self.login, "password": PASSWORD, "csrf_token": token}
        assert self.send("/login", sent)[0] == 303
        return self


@dataclass
class House:
    """The running service and its database."""

    port: int
    url: str
    people: dict[str, Browser] = field(default_factory=dict)

    def person(self, login: str, number: int = 0) -> Browser:
        """A browser of a person; another number is another login of the same."""
        key = f"{login}{number}"
        if key not in self.people:
            self.people[key] = Browser(self.port, login).enter()
        return self.people[key]

    def count(self, table: str) -> int:
        """Rows of a table, read past the application."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            found = connection.execute(select(func.count()).select_from(Base.metadata.tables[table]))
            number = int(found.scalar_one())
        engine.dispose()
        return number


@contextmanager
def served(app: object, url: str) -> Iterator[House]:
    """The application behind waitress with four threads."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield House(server.effective_port, url)
    finally:
        server.close()
        thread.join(120)


@pytest.fixture(scope="module")
def house(long_logins: None, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The world on SQLite."""
    with running_copy(world, tmp_path_factory.mktemp("collide") / "instance") as site:
        unit_writes(world, site.app)
        url = f"sqlite:///{site.instance.database}"
        with served(site.app, url) as running:
            yield running


@dataclass(frozen=True)
class Work:
    """Something two people may edit: who, where, which form, and what each types."""

    name: str
    one: str
    other: str
    address: str
    marker: str
    typed: Callable[[str], dict[str, str]]
    table: str = ""


def text(who: str) -> str:
    """Words nobody else types."""
    return f"{who}所写：台账第三页，两台未用。"


WORKS = (
    Work(
        "grid row", "ev", "el", "/cases/visit/grid/B1", "/grid/B1", lambda w: {"reason": text(w), "full": "1"}
    ),
    Work(
        "report section",
        "el",
        "ev",
        "/cases/visit/writing",
        "/writing",
        lambda w: {"body": text(w)},
    ),
    Work("self texts", "df", "df", "/cases/self/self/texts", "/self/texts", lambda w: {"*": text(w)}),
    Work("self survey", "df", "df", "/cases/self/self/survey", "/self/survey", lambda w: {"note": text(w)}),
    Work("verdict", "ev", "el", "/cases/review/review", "/do/review.verdict", lambda w: {"note": text(w)}),
    Work(
        "particulars",
        "fo",
        "fo",
        "/cases/visit/edit",
        "/edit",
        lambda w: {"title": text(w), "reason": text(w)},
    ),
    Work(
        "plan copy",
        "el",
        "el",
        "/cases/visit/plan/amend?view=body",
        "/plan/amend",
        lambda w: {"item-0": text(w)},
    ),
)
"""What may be edited by two people (or one at two desks) from one state."""


def form_of(page: str, work: Work) -> PageForm:
    """The form of a page in which the work is done."""
    found = [form for form in Read(page).forms if work.marker in form.action and form.texts]
    assert found, work.name
    return found[0]


def filled(form: PageForm, work: Work, who: str) -> dict[str, str]:
    """What a person sends: the form as he read it, with what he typed."""
    sent = {name: values[0] for name, values in form.filled().items()}
    for name, value in work.typed(who).items():
        names = [one.name for one in form.controls if one.kind == "textarea"][:1] if name == "*" else [name]
        sent.update(dict.fromkeys(names, value))
    return sent


def at_once(bodies: list[Callable[[], tuple[int, str, str]]]) -> list[tuple[int, str, str]]:
    """The answers to requests sent at the same moment."""
    start, answers = threading.Barrier(len(bodies)), [(0, "", "")] * len(bodies)

    def run(number: int) -> None:
        start.wait(120)
        answers[number] = bodies[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    return answers


def collide(house: House, work: Work, number: int) -> list[str]:
    """What went wrong when two people saved the same thing at once."""
    one, other = house.person(work.one), house.person(work.other, 1)
    names = (f"甲{work.name}{number}", f"乙{work.name}{number}")
    forms = [form_of(person.get(work.address), work) for person in (one, other)]
    sent = [filled(form, work, name) for form, name in zip(forms, names, strict=True)]
    answers = at_once(
        [lambda p=p, f=f, s=s: p.send(f.action, s) for p, f, s in zip((one, other), forms, sent, strict=True)]
    )
    statuses = sorted(status for status, _, _ in answers)
    if statuses != [303, STALE]:
        return [f"{work.name}: {statuses}"]
    winner = 0 if answers[0][0] == 303 else 1
    lost, page = names[1 - winner], answers[1 - winner][1]
    case = "/".join(work.address.split("/")[:3])
    shown = one.get(answers[winner][2]) + one.get(work.address)
    stored = unescape(shown + house.person("au").get(f"{case}/history"))
    wrong = [] if text(names[winner]) in stored else [f"{work.name}: the winner's words are not stored"]
    wrong += [f"{work.name}: the loser's words are stored"] if text(lost) in stored else []
    missing = [v for v in work.typed(lost).values() if not Read(page).shows(v)]
    return wrong + [f"{work.name}: lost {each}" for each in missing]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_of_two_who_save_the_same_state_one_wins_and_the_other_keeps_his_words(
    house: House, work: Work, deep: Depth
) -> None:
    numbers = deep.numbers(1, 72)
    wrong = [each for number in numbers for each in collide(house, work, number)]
    print(f"{work.name}: collisions={len(numbers)} wrong={len(wrong)}")  # noqa: T201 - the count is the report
    assert wrong == []


PRESSED: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("ev", "/cases/visit/do/deduction.draft", "deduction",
     {"node": "B1", "amount": "0.1", "reason": "设备未到位", "clause": "方案三", "no_evidence": "口头说明"}),
    ("el", "/cases/visit/do/visit.open", "visit",
     {"on": "2031-03-05", "place": "大厅", "method": "察看"}),
    ("ev", "/cases/visit/do/finding.record", "finding", {"text": "两台未用"}),
    ("ev", "/cases/review/do/supplement.draft", "supplement", {"items": "合同", "due_on": "2031-03-05"}),
    ("el", "/cases/visit/do/adjustment.draft", "adjustment",
     {"node": "B1", "amount": "41", "reason": "另有凭证", "no_evidence": "口头说明"}),
)  # fmt: skip
"""Acts pressed twice: who, where, the table that may gain one row, and what is typed."""


def press_twice(house: House, number: int) -> list[str]:
    """What went wrong when one form was sent twice at the same moment."""
    login, path, table, typed = PRESSED[number % len(PRESSED)]
    person = house.person(login)
    form = next(form for form in Read(person.get(path)).forms if form.action == path)
    sent = {name: values[0] for name, values in form.filled().items()} | typed
    before = house.count(table)
    answers = at_once([lambda: person.send(path, sent)] * 2)
    rows = house.count(table) - before
    statuses = [status for status, _, _ in answers]
    places = {re.sub("^http://[^/]*", "", place) for _, _, place in answers}
    good = statuses == [303, 303] and rows == 1 and len(places) == 1
    return [] if good else [f"{path}: {statuses} rows={rows} {places}"]


def test_a_form_sent_twice_at_once_is_done_once_and_both_end_at_the_same_page(
    house: House, deep: Depth
) -> None:
    numbers = deep.numbers(5, 400)
    wrong = [each for number in numbers for each in press_twice(house, number)]
    print(f"double clicks={len(numbers)} wrong={len(wrong)}")  # noqa: T201 - the count is the report
    assert wrong == []


@pytest.mark.deep
def test_on_postgresql_too_one_of_two_wins_and_a_double_click_is_one(tmp_path: Path, deep: Depth) -> None:
    with running_cluster("fsync=off", "full_page_writes=off") as cluster:
        url = cluster.url(cluster.create())
        world = made_world(tmp_path / "instance", url)
        app = create_app(settings_of(tmp_path / "instance", url))
        unit_writes(world, app)
        numbers = deep.numbers(0, 30)
        with served(app, url) as running:
            wrong = [each for number in numbers for work in WORKS for each in collide(running, work, number)]
            twice = [each for number in range(3 * len(numbers)) for each in press_twice(running, number)]
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    print(f"postgresql: collisions={len(numbers) * len(WORKS)} double clicks={3 * len(numbers)}"  # noqa: T201
          f" wrong={len(wrong) + len(twice)}")  # fmt: skip
    assert wrong + twice == []
