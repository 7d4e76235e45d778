"""State secrets stay outside: no case here is classified, whoever creates or edits it."""

from __future__ import annotations

from service.errors import Problem

CLASSIFIED = ("绝密", "机密", "秘密")
SENTENCE = "本系统不是涉密信息系统，涉密项目不得在此办理；请按保密规定在涉密系统或线下办理"


def secrecy_problem(secrecy: str, *, path: str = "secrecy") -> Problem | None:
    """Return what is wrong with a 密级, None for what may be handled here."""
    if any(word in secrecy for word in CLASSIFIED):
        return Problem(SENTENCE, path=path, value=secrecy, allowed="公开、内部")
    return None
