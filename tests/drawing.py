"""Draws a whole Reply as a few lines of text, to be compared in tests."""

from __future__ import annotations

from collections.abc import Iterator

from medianest_bot.core.reply import Choice, Menu, Reply, Show, Tone


def drawn(reply: Reply) -> str:
    """Every part of the reply that somebody would see, and where it goes.

    # title [tone, busy, follows request:1]
    text
    name: value
    - item: text (picture)  <label → line>
    ~ 42 % 3 of 7
    <label → line>
    {menu: [x] one, [ ] two}
    = label → url
    """
    return "\n".join(_lines(reply))


def _lines(reply: Reply) -> Iterator[str]:
    yield _head(reply)
    if reply.text:
        yield reply.text
    yield from (f"{field.name}: {field.value}" for field in reply.fields)
    if reply.picture:
        yield f"({reply.picture.source or 'drawn'}: {reply.picture.alt})"
    for item in reply.items:
        seen = " (picture)" if item.picture else ""
        text = f": {item.text}" if item.text else ""
        yield f"- {item.title}{text}{seen}{_choices(item.choices)}"
    if reply.progress:
        share = reply.progress.fraction
        percent = "… " if share is None else f"{share:.0%} "
        yield f"~ {percent}{reply.progress.text}".rstrip()
    yield from (_choices((choice,)).strip() for choice in reply.choices)
    yield from map(_menu, reply.menus)
    yield from (f"= {link.label} → {link.url}" for link in reply.links)
    yield from (f"+ {file.name} ({len(file.data)})" for file in reply.files)
    if reply.copy:
        yield f"copy: {reply.copy}"


def _head(reply: Reply) -> str:
    marks = [reply.tone.value] if reply.tone is not Tone.PLAIN else []
    marks += ["busy"] if reply.busy else []
    marks += ["failed"] if reply.failed else []
    marks += ["only"] if reply.only else []
    marks += [reply.show.value] if reply.show is not Show.NEW else []
    marks += [f"follows {reply.follows}"] if reply.follows else []
    return f"# {reply.title}" + (f" [{', '.join(marks)}]" if marks else "")


def _choices(choices: tuple[Choice, ...]) -> str:
    return "".join(
        f" <{one.label} → {one.line}{f' ask {one.ask}' if one.ask else ''}>"
        for one in choices
    )


def _menu(menu: Menu) -> str:
    options = ", ".join(
        f"[{'x' if option.picked else ' '}] {option.label} → {option.line}"
        for option in menu.options
    )
    return f"{{{menu.label}: {options}; {menu.line}}}"
