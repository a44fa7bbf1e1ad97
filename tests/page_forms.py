"""What a browser would send if somebody pressed the button of a page without touching anything."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """The named fields of one form, by its id."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.wanted, self.inside = form, False
        self.values: dict[str, str] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = known.get("id") == self.wanted
        elif self.inside:
            self._field(tag, known, known.get("name", ""))

    def _field(self, tag: str, known: dict[str, str], name: str) -> None:
        if tag == "input" and known.get("type") not in ("submit", "button", "file", "image"):
            if known.get("type") not in ("checkbox", "radio") or "checked" in known:
                self.values[name] = known.get("value", "on" if known.get("type") == "checkbox" else "")
        elif tag == "select":
            self.select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self.select and "selected" in known:
            self.values[self.select] = known.get("value", "")
        elif tag == "textarea":
            self.area = name
            self.values[name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def form_of(answer: Any, form: str) -> dict[str, str]:
    """The fields of the form with that id on a page, as they stand."""
    parser = _Form(form)
    parser.feed(answer.content.decode())
    assert parser.values, f"the page has no form {form}"
    return {name: value for name, value in parser.values.items() if name}
