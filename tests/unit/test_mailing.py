"""The checkpoint as a mail: byte for byte, over a line that is what it should be."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from service.audit.checkpoint import Checkpoint, SignerKey, open_checkpoint, sign_checkpoint
from service.audit.merkle import leaf_hash
from service.errors import InvalidError, UnavailableError
from service.mailing import checkpoint_mail, send
from service.witnesses import Mailing, MailServer, file_of, mailing_of
from tests.smtp import Mailbox, certificate, mailbox

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
KEY = SignerKey.generate("pingji/live/0123456789abcdef")
NOTE = sign_checkpoint(Checkpoint(KEY.name, 7, leaf_hash(b"x")), KEY)


def mail_to(box: Mailbox, scheme: str = "smtp", **more: str) -> Mailing:
    server = MailServer.parse(f"{scheme}://127.0.0.1:{box.port}", **more)
    return Mailing(server, "pingji@example.org", ("audit@example.org", "second@example.org"))


def sent(mailing: Mailing) -> EmailMessage:
    message = checkpoint_mail(mailing, NOTE, str(KEY.verifier), at=AT)
    send(mailing.server, message)
    return message


def test_the_note_arrives_as_text_and_byte_for_byte_as_attachment() -> None:
    with mailbox() as box:
        message = sent(mail_to(box))
    (arrived,) = box.read()
    assert arrived["Message-ID"] == message["Message-ID"]
    assert arrived["To"] == "audit@example.org, second@example.org"
    text, attached = arrived.get_body(), list(arrived.iter_attachments())
    assert text is not None
    assert NOTE in text.get_content().replace("\r\n", "\n")
    assert str(KEY.verifier) in text.get_content()
    assert [each.get_filename() for each in attached] == ["checkpoint-7.txt"]
    assert attached[0].get_content() == NOTE.encode()
    assert open_checkpoint(attached[0].get_content(), [KEY.verifier]).size == 7


def test_the_same_checkpoint_is_the_same_mail() -> None:
    with mailbox() as box:
        assert sent(mail_to(box))["Message-ID"] == sent(mail_to(box))["Message-ID"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_an_encrypted_line_is_used_only_with_who_it_should_be(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    with mailbox(trust=context, at_once=scheme == "smtps") as box:
        with pytest.raises(UnavailableError, match="不可信"):
            sent(mail_to(box, scheme, user="u", password="p"))
        assert (box.mails, box.logins) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        sent(mail_to(box, scheme, user="u", password="p"))
    assert (len(box.mails), len(box.logins)) == (1, 1)


def test_a_server_without_encryption_gets_neither_password_nor_mail() -> None:
    with mailbox() as box, pytest.raises(UnavailableError):
        sent(mail_to(box, "smtp+starttls", user="u", password="p"))
    assert (box.mails, box.logins) == ([], [])


FAILING = {
    "nobody there": {"answers": {"RCPT": "550 nobody"}},
    "not now": {"answers": {"MAIL": "451 later"}},
    "content refused": {"answers": {"DATA": "554 no"}},
    "hangs up": {"dumb": True},
}


@pytest.mark.parametrize("how", FAILING)
def test_a_refusal_is_said_and_can_be_tried_again(how: str) -> None:
    with mailbox(**FAILING[how]) as box, pytest.raises(UnavailableError, match="没有送出"):
        sent(mail_to(box))
    assert box.mails == []


def test_a_server_that_is_down_is_no_crash() -> None:
    with mailbox() as box:
        mailing = mail_to(box)
    with pytest.raises(UnavailableError, match="没有送出"):
        sent(mailing)


def test_settings_name_everything_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InvalidError) as caught:
        mailing_of("audit@example.org nobody", "ftp://x", "", user="u")
    assert len(caught.value.problems) == 4
    with pytest.raises(InvalidError, match="未加密"):
        mailing_of("a@example.org", "smtp://mail", "b@example.org", user="u", password="p")
    for wrong in ("smtp://", "smtp://u:p@mail", "smtp://mail/x", "smtp://mail:99999", "mail", ""):
        with pytest.raises(InvalidError, match="邮件服务器"):
            mailing_of("a@example.org", wrong, "b@example.org")
    assert mailing_of("", "", "") is None
    found = mailing_of("a@example.org", "smtps://mail", "b@example.org", user="u", password="geheim")
    assert found is not None
    assert (found.server.port, "geheim" in repr(found)) == (465, False)
    for wrong in ("relative/file", str(tmp_path / "in" / "file")):
        with pytest.raises(InvalidError, match="见证文件"):
            file_of(wrong, tmp_path / "in")
    assert file_of(str(tmp_path / "out"), tmp_path / "in") == tmp_path / "out"
