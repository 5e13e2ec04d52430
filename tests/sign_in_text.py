"""What a browser shows of a page, as lines of text."""

from __future__ import annotations

from html.parser import HTMLParser

_BREAKS = {"p", "h1", "h2", "li", "button", "a", "title", "header", "span"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in _BREAKS:
            self.lines.append("")
        if tag == "form":
            self.lines.append(f"-> {said['action']}")
        if tag == "a":
            self.lines.append(f"-> {said['href']}")
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data


def text_of(page: str) -> list[str]:
    reader = _Reader()
    reader.feed(page)
    lines = (" ".join(line.split()) for line in reader.lines)
    return [line for line in lines if line]
