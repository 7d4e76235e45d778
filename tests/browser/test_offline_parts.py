"""The parts of verifier.html, each against verifier.py: bytes, JSON, numbers on the curve, trees, keys."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from service.audit import verifier
from service.audit.merkle import consistency_proof, inclusion_proof, leaf_hash
from service.audit.verifier import ORDER, Checkpoint, Key, P, Policy, Printed, Refused, contains, grows_into
from tests.browser.offline import OfflinePage, fresh_context
from tests.unit.audit.conftest import SmallLog
from tests.unit.audit.test_signer_keys import ONE

PARTS = """
({ part, cases }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const asks = {
    sha256: (data) => hex(sha256(bytes(data))),
    pieces: ([data, cut]) => hex(sha256(bytes(data).subarray(0, cut), bytes(data).subarray(cut))),
    sha512: (data) => hex(sha512(bytes(data))),
    json: (data) => canonicalText(readJson(bytes(data))),
    base64: (text) => hex(strictBase64(text)),
    ed25519: ([open, message, mark]) => ed25519Verifies(bytes(open), bytes(message), bytes(mark)),
    key: ([vkey, kind]) => { const key = Key.parse(vkey, kind); return [key.name, key.id, hex(key.open)]; },
    policy: (text) => { const policy = Policy.parse(text); return [policy.name, policy.quorum, [...policy.keys.keys()]]; },
    contains: ([size, root, index, leaf, proof]) => contains({ size: BigInt(size), root: bytes(root) }, BigInt(index), bytes(leaf), proof.map(bytes)),
    grows: ([older, before, newer, after, proof]) => growsInto({ size: BigInt(older), root: bytes(before) }, { size: BigInt(newer), root: bytes(after) }, proof.map(bytes)),
    tile: ([level, place, width]) => tileName(level, place, width),
    printed: (text) => { const printed = Printed.parse(text); return [String(printed.size), printed.groups]; },
    moment: (time) => moment(BigInt(time)),
  };
  return cases.map((each) => {
    try { return { value: asks[part](each) }; } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { refused: error.message };
    }
  });
}
"""


@pytest.fixture
def dice() -> random.Random:
    """The same throws in every run, whichever tests this process did before."""
    return random.Random(5)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[OfflinePage]:
    context, asked = fresh_context(browser)
    made = OfflinePage(context.new_page())
    yield made
    assert (made.faults, asked) == ([], [])
    context.close()


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def asked(page: OfflinePage, part: str, cases: list[Any]) -> list[Any]:
    answers: list[Any] = page.page.evaluate(PARTS, {"part": part, "cases": cases})
    return answers


def outcome(call: Any, *arguments: Any) -> dict[str, Any]:
    try:
        return {"value": call(*arguments)}
    except Refused as error:
        return {"refused": str(error)}


def test_hashes_of_every_length_around_the_blocks(page: OfflinePage, dice: random.Random) -> None:
    data = [dice.randbytes(length) for length in range(300)] + [dice.randbytes(100_003)]
    sent = [text64(each) for each in data]
    for name in ("sha256", "sha512"):
        expected = [{"value": hashlib.new(name, each).hexdigest()} for each in data]
        assert asked(page, name, sent) == expected
    pieces = [[text64(data[200]), cut] for cut in range(201)]
    assert asked(page, "pieces", pieces) == [{"value": hashlib.sha256(data[200]).hexdigest()}] * 201


JSON = [
    b"", b" ", b"{}", b"[]", b"{ }", b"[ ]", b"null", b"true", b"false", b"nul", b"True", b"NaN", b"Infinity", b"-Infinity",
    b"-NaN", b"0", b"-0", b"00", b"01", b"-", b"-1", b"1.", b"1.0", b"1e5", b"1e", b"1E+2", b".5", b"+1", b"1 ", b" 1", b"1\n",
    b"9007199254740991", b"9007199254740992", b"-9007199254740991", b"-9007199254740992", b"12345678901234567", b"123456789012345678",
    b"123456789012345678901.", b"[1,]", b"[,1]", b"[1 2]", b"[1", b"[1}", b"]", b'{"a":1', b'{"a":1,}', b'{"a"}', b'{"a":}', b"{a:1}", b"{'a':1}",
    b'{"b":1,"a":2}', b'{"a":1,"b":2}', b'{"a":1,"a":1}', b'{"a":1,"a":1.5}', b'{"\xc3\xa9":1}', b'{"\xc3\xa9":1,"\xc3\xa9":1}', b'{"a": 1}',
    b'{"__proto__":1}', b'{"__proto__":{},"a":1}', b'{"constructor":1,"toString":[]}', b'{"10":1,"9":2}', b'{"9":1,"10":2}', b'{"":1}',
    b'"', b'"a', b'"\\', b'"\\x"', b'"\\u00"', b'"\\u12g4"', b'"\\u0041"', b'"\\n\\t\\r\\b\\f"', b'"\\/"', b'"\\""', b'"\\\\"', b'"\\u001f"',
    b'"\\u001F"', b'"\x1f"', b'"\x7f"', b'"\n"', b'"\xe4\xb8\xad"', b'"\\u4e2d"', b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\xf0\x9f\x98\x80"', b'"\\ude00"',
    b'"\\ud800x"', b'"\\ud800\\u0041"', b'"\\ud800\\ud800\\udc00"', b'["\\ud800",1.5]', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\x80"', b'"\xf5\x80\x80\x80"',
    b'"\xe4\xb8"', b"\xef\xbb\xbf1", b"\xef\xbb\xbf{}", b'"\xef\xbb\xbf"', b'"\xe2\x80\xa8"', b"\x00", b'"\x00"', b"1\x00", b"[" * 800 + b"]" * 800,
    b"[" * 100_000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'[{"a":[1,{"b":"x"}]},null,true,-5]', b"\xc2\xa01", b"\x0b1", b"1,2", b"{}{}",
]  # fmt: skip


def test_json_is_read_or_refused_alike(page: OfflinePage, dice: random.Random) -> None:
    cases = list(JSON)
    for whole in (
        b'[{"a":[1,{"b":"x\\n\xe4\xb8\xad"}]},null,true,-5,"\\u001f"]',
        b'{"a":"1.5","b":{"c":[]},"d":12}',
    ):
        for at in range(len(whole)):
            cases += [whole[:at], whole[:at] + whole[at + 1 :], whole[:at] + whole[at:][:1] + whole[at:]]
            cases += [whole[:at] + bytes([value]) + whole[at + 1 :] for value in dice.sample(range(256), 12)]
    expected = [
        outcome(lambda data: verifier.canonical_text(verifier.read_json(data)), each) for each in cases
    ]
    answers = asked(page, "json", [text64(each) for each in cases])
    assert [(c, a, e) for c, a, e in zip(cases, answers, expected, strict=True) if a != e] == []
    assert len({each.get("refused", "")[:8] for each in answers}) >= 6


def test_base64_has_one_writing_alike(page: OfflinePage, dice: random.Random) -> None:
    cases = ["", "=", "==", "A", "AA", "AAA", "AAAA", "AA==", "AB==", "AAA=", "AAB=", "AA=", "AAAA=", "AAAA====", "A===", "AA==AAAA", " AAAA",
             "AAAA\n", "AA-_", "ＡＡＡＡ", "AA=A", "AAA==", "A" * 88, "/+8=", "\x00AAA", "AAAA" * 20_000]  # fmt: skip
    good = text64(dice.randbytes(33))
    cases += [good[:at] + letter + good[at + 1 :] for at in range(len(good)) for letter in "AB=/-é"]
    expected = [outcome(lambda text: verifier.strict_base64(text).hex(), each) for each in cases]
    assert asked(page, "base64", cases) == expected


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def small_points() -> list[bytes]:
    """Encodings of the points of small order and of what is no point, canonical and not."""
    eight = 2707385501144840649318225287225658788936804267575313519463743609750303021022
    return [
        little(number | sign << 255)
        for number in (0, 1, 2, P - 1, P, P + 1, 2**255 - 1, eight, P - eight, 3, 4, 5, 19)
        for sign in (0, 1)
    ]


def test_signatures_are_judged_alike_at_every_edge(page: OfflinePage, dice: random.Random) -> None:
    key = SmallKey()
    message, mark = b"said", key.sign(b"said")
    scalar = int.from_bytes(mark[32:], "little")
    cases = [
        (key.public, message, mark),
        (key.public, b"", mark),
        (key.public, message, mark[:63]),
        (key.public[:31], message, mark),
    ]
    for bit in range(0, 512, 3):
        spoilt = (int.from_bytes(mark, "little") ^ 1 << bit).to_bytes(64, "little")
        cases.append((key.public, message, spoilt))
    cases += [
        (key.public, message, mark[:32] + little(each))
        for each in (scalar + ORDER, ORDER - 1, ORDER, 0, 2**256 - 1)
    ]
    for public in small_points():
        cases += [
            (public, message, mark),
            (public, message, little(1) + bytes(32)),
            (public, message, public + bytes(32)),
        ]
        cases += [(public, dice.randbytes(9), point + bytes(32)) for point in small_points()]
        cases += [(key.public, message, public + mark[32:])]
    expected = [{"value": verifier.ed25519_verifies(*each)} for each in cases]
    assert asked(page, "ed25519", [[text64(part) for part in each] for each in cases]) == expected
    # Without cofactor and with keys of small order some of these hold: alike is not the same as refused.
    assert sum(each["value"] for each in expected) > 1


class SmallKey:
    """A key of the log, to sign anything."""

    def __init__(self) -> None:
        self.key = ONE.key
        self.public = ONE.key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)


def test_proofs_of_trees_are_judged_alike(page: OfflinePage) -> None:
    leaves = [leaf_hash(bytes([each])) for each in range(40)]
    roots = [verifier.tree_root(leaves[:size]) for size in range(len(leaves) + 1)]
    held, grown = [], []
    for size in (*range(18), 31, 32, 33, 40):
        for index in range(size + 1):
            proof = inclusion_proof(leaves[:size], index) if index < size else []
            held += [
                (size, roots[size], index, leaves[min(index, 39)], made) for made in altered(list(proof))
            ]
            proof = consistency_proof(leaves[:size], index)
            grown += [(index, roots[index], size, roots[size], made) for made in altered(list(proof))]
            grown += [
                (index + 1, roots[index], size, roots[size], list(proof)),
                (index, roots[size], size, roots[index], list(proof)),
            ]
    held += [
        (10**19 - 1, roots[3], 10**19 - 2, leaves[0], [leaves[1]] * count) for count in (0, 1, 62, 63, 64)
    ]
    grown += [(10**18, roots[3], 10**19 - 1, roots[3], [leaves[1]] * count) for count in (0, 1, 62, 63)]
    sent = [
        [str(size), text64(root), str(index), text64(leaf), [*map(text64, proof)]]
        for size, root, index, leaf, proof in held
    ]
    expected = [
        {"value": contains(Checkpoint("", size, root), index, leaf, proof)}
        for size, root, index, leaf, proof in held
    ]
    assert asked(page, "contains", sent) == expected
    sent = [
        [str(old), text64(one), str(new), text64(two), [*map(text64, proof)]]
        for old, one, new, two, proof in grown
    ]
    expected = [
        {"value": grows_into(Checkpoint("", old, one), Checkpoint("", new, two), proof)}
        for old, one, new, two, proof in grown
    ]
    assert asked(page, "grows", sent) == expected
    assert 100 < sum(each["value"] for each in expected) < len(expected)


def altered(proof: list[bytes]) -> list[list[bytes]]:
    """A proof as it is, too long, too short, turned round and false."""
    return [
        proof,
        [*proof, bytes(32)],
        proof[:-1],
        proof[::-1],
        [bytes(32)] * len(proof),
        [b"short", *proof[1:]],
    ]


def test_keys_and_policies_are_refused_in_the_same_words(page: OfflinePage, tmp_path: Any) -> None:
    log = SmallLog(tmp_path / "one")
    vkey, last = log.vkey, log.vkey.rsplit("+", 1)[1]
    keys = ["", "a+b", " ", "a+b+", vkey[:-1], vkey + "=", f"  {vkey}\n", f"\u3000{vkey}\x85", f"\ufeff{vkey}", vkey.replace("+", " ", 1), vkey.upper(),
            "x" + vkey, f"a b+{vkey}", f"+{vkey}", "a+b+AgID", f"名+00000000+{last}", "😀" * 100, vkey.replace(last, text64(b"\1" * 33))]  # fmt: skip
    cases = [[each, kind] for each in (*keys, vkey, ONE.vkey) for kind in (1, 4)]

    def parsed(vkey: str, kind: int) -> list[str]:
        key = Key.parse(vkey, kind)
        return [key.name, key.key_id.hex(), key.public.hex()]

    assert asked(page, "key", cases) == [outcome(parsed, *each) for each in cases]
    head = f"log {vkey}\n"
    policies = ["", head, f"{head}quorum none\n", f"{head}quorum none\nquorum none", f"{head}quorum A\n", f"{head}{head}quorum none", f"{head}\tquorum  none",
                f"{head}witness A {ONE.vkey}\ngroup g all A\nquorum g", f"{head}witness A {ONE.vkey}\ngroup g 2 A\nquorum g", f"{head}group g any none\nquorum none",
                f"{head}witness A {vkey}\nquorum A", f"{head}nonsense\nquorum none", f"{head}\x07quorum none", f"{head.strip()}\r\nquorum none", f"{head}# pingji\nquorum none",
                f"{head}# pingji key {vkey.split('+')[1]} from 03\nquorum none", f"{head}group constructor any x\nquorum none", f"{head}quorum constructor",
                f"{head}witness A {ONE.vkey}\nwitness B {ONE.vkey}\nquorum none", f"{head}witness A {ONE.vkey}\ngroup g toString A\nquorum g",
                f"log {'+'.join(vkey.split('+')[:2])}+!\nquorum none"]  # fmt: skip

    def read(text: str) -> list[Any]:
        policy = Policy.parse(text)
        return [policy.name, policy.quorum, [each.hex() for each in policy.keys]]

    assert asked(page, "policy", policies) == [outcome(read, each) for each in policies]


def test_what_is_typed_off_paper_is_read_alike(page: OfflinePage) -> None:
    root = "ab" * 32
    cases = ["", "12", f"x {root}", f"12 {root}0", f"12 {root[:-1]}", f"12 {root[:-1]}g", f"12 {root[:-2]}İ", f"-1 {root}", f"012 {root}", f"12{root}",
             f" 12\u3000{root.upper()} ", f"12，{root[:4]}、{root[4:]}", f"12:{root[:8]}-{root[8:]}", f"9999999999999999999 {root}", f"12 {root}\ufeff"]  # fmt: skip

    def read(text: str) -> list[Any]:
        made = Printed.parse(text)
        return [str(made.size), list(made.groups)]

    assert asked(page, "printed", cases) == [outcome(read, each) for each in cases]


def test_names_of_tiles_and_times_are_the_same(page: OfflinePage) -> None:
    tiles = [
        [level, place, width]
        for level in ("entries", "3")
        for place in (0, 7, 999, 1000, 1234067)
        for width in (1, 255, 256)
    ]
    assert asked(page, "tile", tiles) == [{"value": verifier.tile_name(*each)} for each in tiles]
    times = [0, 1, 951_782_400, 1_790_000_000, 253_402_300_799, 253_402_300_800, 2**64 - 1]
    assert asked(page, "moment", [str(each) for each in times]) == [
        {"value": verifier._moment(each)} for each in times
    ]
