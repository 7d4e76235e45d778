"""A page as its reader has it: the words shown, and every form with its controls as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = ("text", "search", "textarea")
SHOWN_VALUES = ("text", "search")


@dataclass
class Control:
    """One named control; `kind` is its type, ``textarea`` or ``select``."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    most: int | None = None
    numeric: bool = False
    checked: bool = False


@dataclass
class PageForm:
    """One form of a page."""

    action: str
    method: str
    id: str = ""
    controls: list[Control] = field(default_factory=list)

    @property
    def texts(self) -> list[Control]:
        """The controls a person types words into."""
        return [one for one in self.controls if one.kind in TEXTS]

    def filled(self, *, tick: bool = False) -> dict[str, list[str]]:
        """What a browser would send; the first choice where none is made yet, `tick` the first box too."""
        sent: dict[str, list[str]] = {}
        for one in self.controls:
            if one.kind in ("radio", "checkbox"):
                if one.checked or (one.name not in sent and (tick or one.kind == "radio")):
                    sent[one.name] = [one.value]
            elif one.kind == "select":
                real = [value for value in one.options if value]
                sent[one.name] = [one.value or (real[0] if real else "")]
            elif one.kind not in ("submit", "file", "password"):
                sent.setdefault(one.name, []).append(one.value)
        return sent


class Read(HTMLParser):
    """A page taken apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.values: list[str] = []
        self.forms: list[PageForm] = []
        self._forms: list[PageForm] = []
        self._control: Control | None = None
        self._apart: list[tuple[str, Control]] = []
        self.feed(page)
        self.close()
        for form in self.forms:
            form.controls += [control for name, control in self._apart if name == form.id and name]

    def shows(self, text: str) -> bool:
        """Whether the page shows exactly this text, in words or in a control."""
        return text in "".join(self.words) or any(text in value for value in self.values)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a form, control or choice."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            made = PageForm(told.get("action", ""), told.get("method", "get").lower(), told.get("id", ""))
            self._forms.append(made)
            self.forms.append(made)
        elif tag in ("input", "textarea", "select", "button"):
            self._controlled(tag, told)
        elif tag == "option" and self._control is not None:
            self._control.options.append(told.get("value", ""))
            if "selected" in told:
                self._control.value = told.get("value", "")

    def _controlled(self, tag: str, told: dict[str, str]) -> None:
        kind = tag
        if tag in ("input", "button"):
            kind = told.get("type", "text" if tag == "input" else "submit")
        most = int(told["maxlength"]) if told.get("maxlength", "").isdigit() else None
        made = Control(told.get("name", ""), kind, told.get("value", ""), most=most)
        made.checked = "checked" in told
        made.numeric = told.get("inputmode") in ("decimal", "numeric")
        if kind in SHOWN_VALUES:
            self.values.append(made.value)
        if tag in ("textarea", "select"):
            self._control = made
        if not made.name or "readonly" in told or "disabled" in told:
            return
        if "form" in told:
            self._apart.append((told["form"], made))
        elif self._forms:
            self._forms[-1].controls.append(made)

    def handle_endtag(self, tag: str) -> None:
        """A form or control ends."""
        if tag == "form" and self._forms:
            self._forms.pop()
        elif tag in ("textarea", "select"):
            if tag == "textarea" and self._control is not None:
                self._control.value = self._control.value.removeprefix("\n")
                self.values.append(self._control.value)
            self._control = None

    def handle_data(self, data: str) -> None:
        """Words are collected; those of a text area are its value."""
        if self._control is not None and self._control.kind == "textarea":
            self._control.value += data
        else:
            self.words.append(data)
