"""Mail to those outside who hold our checkpoints: written here, handed to the operator's own server."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from service.errors import Problem, UnavailableError
from service.witnesses import Mailing, MailServer

SECONDS = 30.0


def checkpoint_mail(mailing: Mailing, note: str, vkey: str, *, at: datetime) -> EmailMessage:
    """Return the mail that carries a checkpoint: the note as text, and byte for byte as attachment.

    Its id is of its content, so that a mail sent twice is recognised as one.
    """
    origin, size = note.split("\n")[:2]
    message = EmailMessage()
    message["Subject"] = f"评迹留痕检查点：{size} 条（{origin}）"
    message["From"], message["To"] = mailing.sender, ", ".join(mailing.to)
    message["Date"] = format_datetime(at)
    domain = mailing.sender.rpartition("@")[2]
    message["Message-ID"] = f"<{hashlib.sha256(note.encode()).hexdigest()}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        "请保存附件，不必回复。日后核验留痕包时用 --checkpoint 给出它，"
        "即可发现此前的记录是否被改动、删除或整库更换。\n\n"
        f"签署时的公钥（首次收到时请另以书面等途径核对）：\n{vkey}\n\n检查点全文：\n\n{note}",
        charset="utf-8",
        cte="base64",
    )
    name = f"checkpoint-{size}.txt"
    message.add_attachment(note.encode(), maintype="application", subtype="octet-stream", filename=name)
    return message


def send(server: MailServer, message: EmailMessage) -> None:
    """Hand the mail over to the server; on return it has taken responsibility for every recipient.

    Raises:
        UnavailableError: it does not answer, is not who it should be, or refuses.
    """
    try:
        with _opened(server) as line:
            refused = line.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise _failure(server, _words(error)) from error
    if refused:
        raise _failure(server, f"不收这些收件人：{'、'.join(refused)}")


@contextmanager
def _opened(server: MailServer) -> Iterator[smtplib.SMTP]:
    trust = ssl.create_default_context()
    if server.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trust)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.scheme == "smtp+starttls":
            line.starttls(context=trust)
        if server.user:
            line.login(server.user, server.password)
        yield line
    finally:
        # What it has taken stays taken, however it says goodbye.
        with suppress(OSError, smtplib.SMTPException):
            line.quit()
        line.close()


def _failure(server: MailServer, said: str) -> UnavailableError:
    place, cure = f"{server.host}:{server.port}", "检查邮件服务器、证书、账户和收件人；恢复后自动重发"
    return UnavailableError(Problem(f"检查点邮件没有送出：{said}", value=place, cure=cure))


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "不收任何收件人"
    if isinstance(error, ssl.SSLError):
        return "对方的证书或加密不可信"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"对方答复 {error.smtp_code}"
    return type(error).__name__
