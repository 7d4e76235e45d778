"""What offices bring along: tables, layouts, Word files and whole archives, through the API."""

from __future__ import annotations

from typing import Any

from service import clock
from service.extensions import db
from service.jobs.ledger import JobLedger
from service.jobs.runner import run_job
from service.workflow.roles import Role
from tests import seedtables
from tests.db.test_templates import styled
from tests.programs.lives import TEXT, WAITING, Lives, book
from tests.programs.parts import multipart
from tests.selfbooks import batch, zipped
from tests.web.test_framework_tables import ROWS
from tests.web.test_intake import codes_sheet
from tests.web.test_wordtrip import _edited

CASE = "final"


def _brought(lives: Lives, role: Role, path: str, fields: dict[str, Any], name: str, content: bytes) -> Any:
    data, media = multipart(fields, {"file": (name, content)})
    answer = lives.by(role).ask("POST", path, data, Content_Type=media)
    assert answer.status == 200, (path, answer.content.decode())
    return answer.body


def _worked(lives: Lives, kind: str) -> None:
    """The worker has done what waits of one kind."""
    with lives.site.app.app_context():
        ledger = JobLedger(db.engine)
        for job in ledger.due(at=clock.now()):
            if ledger.status(job).kind.startswith(kind):
                run_job(ledger, job)
        db.session.remove()


def tables(lives: Lives) -> None:
    """An office's table becomes a draft, a rule is confirmed, a framework goes out as a table."""
    officer, home = lives.by(Role.FO), lives.home("bureau")
    content = seedtables.plain_book(ROWS, merge=(1, 2))
    draft = _brought(lives, Role.FO, "/library/drafts", {"organisation": home}, "指标表.xlsx", content)
    officer.send("/library/drafts/rules", {"node": draft["waiting"][0], "stamp": draft["stamp"]})
    ref = next(line["ref"] for line in officer.get("/library").body["lines"])
    officer.get(f"/library/{ref}/table")


def layouts(lives: Lives) -> None:
    """A template is proposed, returned, proposed again, approved, tried out, chosen and retired."""
    officer, reviewer = lives.by(Role.FO), lives.by(Role.FR)

    def proposed(note: str) -> str:
        told = {"organisation": lives.home("bureau"), "name": "重点评价版式", "note": note}
        _brought(lives, Role.FO, "/templates", told, "版式.docx", styled())
        lines = officer.get("/templates").body["lines"]
        return str(next(line["ref"] for line in lines if line["state"] == WAITING))

    reviewer.send(f"/templates/{proposed('首版')}/return", {"reason": TEXT})
    ref = proposed("改后")
    officer.get(f"/templates/{ref}")
    officer.get(f"/templates/{ref}/file")
    reviewer.send(f"/templates/{ref}/approve", {})
    officer.send(f"/templates/{ref}/preview", {"case": CASE})
    lives.act(Role.FO, CASE, "report.choose_template", {"version": ref})
    lives.act(Role.FO, CASE, "report.choose_template", {"version": "stock"})
    reviewer.send(f"/templates/{ref}/retire", {"reason": TEXT})


def words(lives: Lives) -> None:
    """A copy goes out, comes back changed and is taken over; two tables and the public version are taken."""
    leader = lives.by(Role.EL)
    leader.on(
        CASE,
        "/writing",
        {"pieces": [{"kind": "section", "section": "basics.overview", "body": "原来的话。"}]},
    )
    copy = leader.send(f"/cases/{CASE}/working-copies", {}).body["id"]
    changed = _edited(leader.get(f"/cases/{CASE}/working-copies/{copy}").content, add="程序带回的一段。")
    back = _brought(lives, Role.EL, f"/cases/{CASE}/working-copies/returned", {}, "改好的.docx", changed)
    takes = [place["number"] for place in back["places"] if place["takes"]]
    leader.get(f"/cases/{CASE}/working-copies/returned/{back['sha256']}")
    leader.on(CASE, f"/working-copies/returned/{back['sha256']}", {"take": takes})
    leader.get(f"/cases/{CASE}/opinions/table.docx")
    lives.by(Role.FO).on(CASE, "/reports/1/public", {"words": ["张某"]})
    book(lives, Role.FO, "made", "money")


def archives(lives: Lives) -> None:
    """A zip of 自评表 is taken in, ranked, sampled, returned and summed up; a list of projects likewise."""
    officer = lives.by(Role.FO)
    told = {"year": "2025", "secrecy": "内部", "policy": "city", "organiser": lives.home("bureau")}
    files = [(path, content) for path, content, _ in batch(4, 16)]
    made = _brought(lives, Role.FO, "/intakes/self", {**told, "caps": "<80% 89"}, "自评表.zip", zipped(files))
    place = f"/intakes/{made['id']}"
    officer.send(f"{place}/confirm", {"count": len(files)})
    _worked(lives, "intake.")
    officer.get(place)
    listed = officer.get(f"{place}/items?state=hard").body["items"]
    officer.send(f"{place}/sample", {"seed": "甲", "size": 3})
    officer.send(f"{place}/return", {"numbers": [item["number"] for item in listed]})
    _worked(lives, "bulk.")
    officer.get(f"{place}/summary?media=xlsx")
    _brought(lives, Role.FO, "/intakes/projects", told, "项目清单.xlsx", codes_sheet(["P-901", "P-902"]))
