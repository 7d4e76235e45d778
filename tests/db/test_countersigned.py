"""Time stamps and countersignatures of others are taken, kept, exported, and judged by both verifiers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import Flask

from service import clock, create_app
from service.actions.actor import Actor
from service.actions.signingkeys import keys_of
from service.actions.transaction import transaction
from service.actions.witnessing import attest, witness_faults
from service.audit.bundle import export
from service.audit.signer import Signer
from service.audit.signer_client import signer_at
from service.audit.signer_keys import policy_text
from service.audit.stored import anchor, bundle_source, snapshot
from service.audit.verifier import Policy, Verification, verify_bundle
from service.audit.ways import Way
from service.errors import IntegrityFailureError, InvalidError, UnavailableError
from service.extensions import WRITING, db
from service.instance import Instance
from service.models.organisation import Organisation
from service.queries.witnessed import witness_lines
from service.settings import Settings
from service.setup import prepare
from service.witnesses import Witnesses, cosigning_of, stamping_of
from service.workflow.actions import Action
from tests.tsa import Authority, answering, authority
from tests.witness import SmallWitness


@dataclass
class Outside:
    """Two witnesses and an authority, all on this machine, and the instance that asks them."""

    app: Flask
    settings: Settings
    one: SmallWitness
    two: SmallWitness
    tsa: Authority
    policy: Path
    replies: list[bytes] = field(default_factory=list)

    @property
    def signer(self) -> Signer:
        found = signer_at(self.settings.instance.signer)
        assert isinstance(found, Signer)
        return found

    def grow(self, actor: Actor, code: str) -> None:
        """One more act, signed."""
        with transaction(actor, Action.ACCOUNT_CREATE, reason="设立") as tx:
            tx.add(Organisation(code=code, name=f"单位{code}"))
        self.sign()

    def sign(self) -> None:
        writing = db.engine.connect().execution_options(**{WRITING: True})
        with writing as connection, connection.begin():
            anchor(connection, self.signer, at=clock.now())

    def ask(self, way: Way) -> int:
        return attest(way, self.settings.witnesses, self.signer)

    def bundle(self, target: Path) -> Path:
        with snapshot(db.session()) as connection:
            export(target, bundle_source(connection, self.signer))
        return target

    def judged(self, target: Path, more: str = "") -> Verification:
        cosigning = self.settings.witnesses.cosigning
        assert cosigning is not None
        text = policy_text(keys_of(self.signer), cosigning.policy + more)
        return verify_bundle(self.bundle(target), Policy.parse(text))


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "good")


@pytest.fixture
def outside(instance: Instance, tmp_path: Path, tsa: Authority) -> Iterator[Outside]:
    with ExitStack() as stack:
        signer = Signer.create(instance.signer, instance.origin)
        one, two = (SmallWitness(f"witness.example.org/{n}", str(signer.verifier)) for n in ("one", "two"))
        places = [stack.enter_context(answering(each.answer)) for each in (one, two)]
        stamps = stack.enter_context(
            answering(lambda _, body: (200, "application/timestamp-reply", tsa.reply(body)))
        )
        policy = tmp_path / "witnesses"
        policy.write_text(
            f"witness one {one.vkey} {places[0]}\nwitness two {two.vkey} {places[1]}/\n"
            "group both 1 one two\nquorum both\n"
        )
        settings = Settings.from_env({
            "PINGJI_INSTANCE": str(instance.path), "PINGJI_WITNESSES": str(policy),
            "PINGJI_TSA": stamps, "PINGJI_TSA_CERTS": str(tsa.root),
        })  # fmt: skip
        app = create_app(settings)
        stack.enter_context(app.app_context())
        prepare(instance)
        yield Outside(app, settings, one, two, tsa, policy)
        db.session.remove()
        db.engine.dispose()


def test_two_witnesses_and_a_stamp_leave_in_the_bundle(
    outside: Outside, actor: Actor, tmp_path: Path
) -> None:
    for code in ("A", "B", "C"):
        outside.grow(actor, code)
        size = outside.ask(Way.WITNESS)
        assert outside.ask(Way.TSA) == size == outside.signer.state().size
    assert (outside.one.seen.size, outside.two.seen.size) == (size, size)
    asked = outside.one.asked
    outside.ask(Way.WITNESS)
    assert outside.one.asked == asked, "what is countersigned is not asked for again"
    outcome = outside.judged(tmp_path / "bundle", "# pingji fresh 1\n")
    assert outcome.ok, outcome.text()
    assert (outcome.verdicts["witnesses"].checked, outcome.verdicts["timestamps"].checked) == (2, 3)
    assert witness_faults(outside.settings.witnesses, outside.signer) == ()
    told = witness_lines(db.session(), outside.settings.witnesses.names())
    assert [each.size for each in told] == [size] * 3


def test_the_quorum_and_the_freshness_are_a_verdict_of_their_own(
    outside: Outside, actor: Actor, tmp_path: Path
) -> None:
    outside.grow(actor, "A")
    outcome = outside.judged(tmp_path / "none")
    assert not outcome.verdicts["witnesses"].ok
    assert outcome.verdicts["signature"].ok
    outside.two.status = 500
    with pytest.raises(UnavailableError, match="two"):
        outside.ask(Way.WITNESS)
    assert outside.judged(tmp_path / "one").ok
    outside.policy.write_text(outside.policy.read_text().replace("both 1", "both all"))
    outside.settings = replace(
        outside.settings, witnesses=Witnesses(cosigning=cosigning_of(str(outside.policy)))
    )
    assert not outside.judged(tmp_path / "all").verdicts["witnesses"].ok
    outside.two.status = 0
    outside.ask(Way.WITNESS)
    assert outside.judged(tmp_path / "both").ok


def test_an_old_countersignature_is_not_fresh(outside: Outside, actor: Actor, tmp_path: Path) -> None:
    outside.grow(actor, "A")
    outside.one.late = outside.two.late = -4 * 60
    outside.ask(Way.WITNESS)
    assert outside.judged(tmp_path / "fresh", "# pingji fresh 1\n").ok
    later = outside.signer.newest() or ""
    outside.one.late = -2 * 3600
    line = outside.one.line(later.partition("\n\n")[0].encode() + b"\n").decode()
    bundle = outside.bundle(tmp_path / "old")
    (bundle / "checkpoint").write_text(later + line)
    text = policy_text(keys_of(outside.signer), outside.policy.read_text())
    assert verify_bundle(bundle, Policy.parse(text)).ok
    outcome = verify_bundle(bundle, Policy.parse(f"{text}# pingji fresh 1\n"))
    assert "不够新近" in outcome.verdicts["witnesses"].problems[0][2]


@pytest.mark.parametrize("how", ["lie", "late", "ahead", "other key"])
def test_a_false_countersignature_is_not_kept(
    outside: Outside, actor: Actor, tmp_path: Path, how: str
) -> None:
    outside.grow(actor, "A")
    outside.two.status = 503
    if how == "other key":
        outside.one.key = SmallWitness("x", "").key
    outside.one.lie, outside.one.late = how == "lie", {"late": -600, "ahead": 600}.get(how, 0)
    with pytest.raises(IntegrityFailureError, match="见证人"):
        outside.ask(Way.WITNESS)
    assert not outside.judged(tmp_path / "bundle").verdicts["witnesses"].ok


def test_a_witness_that_knows_more_is_followed_and_one_with_another_past_is_an_alarm(
    outside: Outside, actor: Actor, tmp_path: Path
) -> None:
    outside.grow(actor, "A")
    outside.ask(Way.WITNESS)
    outside.grow(actor, "B")
    newest = outside.one.seen
    outside.one.seen = replace(newest, size=0, root=SmallWitness("x", "").seen.root)
    outside.ask(Way.WITNESS)
    assert outside.one.seen.size == outside.signer.state().size
    outside.grow(actor, "C")
    outside.one.seen = replace(outside.one.seen, size=900)
    with pytest.raises(IntegrityFailureError, match="变短"):
        outside.ask(Way.WITNESS)
    outside.one.seen = replace(newest, root=b"\1" * 32)
    with pytest.raises(IntegrityFailureError, match="不同"):
        outside.ask(Way.WITNESS)


def test_what_was_kept_and_is_altered_later_is_found(outside: Outside, actor: Actor) -> None:
    outside.grow(actor, "A")
    outside.ask(Way.TSA)
    outside.ask(Way.WITNESS)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("DROP TRIGGER guard_audit_attestation_update")
        for mark, body in driver.execute("SELECT id, body FROM audit_attestation").fetchall():
            spoilt = body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]
            driver.execute("UPDATE audit_attestation SET body = ? WHERE id = ?", (spoilt, mark))
        driver.commit()
    found = witness_faults(outside.settings.witnesses, outside.signer)
    assert sorted("时间戳" in each for each in found) == [False, False, True]


def test_who_answers_otherwise_is_not_followed(outside: Outside, actor: Actor) -> None:
    outside.grow(actor, "A")
    stamping = outside.settings.witnesses.stamping
    assert stamping is not None
    answers = [
        (302, "text/html", b""), (200, "text/html", b"hello"), (500, "text/plain", b""),
        (200, "application/timestamp-reply", b"x" * 300_000),
    ]  # fmt: skip
    for said in answers:
        with answering(lambda *_, said=said: said) as place:  # type: ignore[misc]
            elsewhere = Witnesses(stamping=replace(stamping, address=place))
            with pytest.raises(UnavailableError):
                attest(Way.TSA, elsewhere, outside.signer)
    with pytest.raises(UnavailableError, match="没有应答"):
        attest(Way.TSA, Witnesses(stamping=replace(stamping, address=place)), outside.signer)


def test_the_settings_say_all_that_is_wrong(tmp_path: Path, tsa: Authority) -> None:
    for address in ("ftp://x", "http://", "http://u:p@x/", "x", "http://x/#y", "http://x:0/"):
        with pytest.raises(InvalidError):
            stamping_of(address, str(tsa.root))
    with pytest.raises(InvalidError, match="PINGJI_TSA_CERTS"):
        stamping_of("http://x/", "")
    witness = SmallWitness("w", "")
    texts = {
        "log x\n": "log", "quorum none\n": "没有写明地址", f"witness w {witness.vkey}\nquorum w\n": "没有写明地址",
        f"witness w {witness.vkey} http://x\n": "quorum", f"witness w {witness.vkey}x http://x\nquorum w\n": "公钥",
        f"witness w {witness.vkey} ftp://x\nquorum w\n": "地址", f"witness w {witness.vkey} http://x\nquorum v\n": "写法",
    }  # fmt: skip
    for text, said in texts.items():
        (tmp_path / "p").write_text(text)
        with pytest.raises(InvalidError, match=said):
            cosigning_of(str(tmp_path / "p"))
    with pytest.raises(InvalidError):
        cosigning_of(str(tmp_path / "away"))
