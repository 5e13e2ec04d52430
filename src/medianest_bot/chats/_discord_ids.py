"""What a button or a menu of Discord carries: its line, and whose card it is.

l:search dune            runs the line
r:request movie:1        the same, of one row among several: they stay to be pressed
a:~key                   asks a question first, then runs the line
m:seasons tv:1 none,{}   a menu: what was picked takes the place of {}
l:@10 search dune        only the account 36 may press it
l2:search dune           the same line once more: no two in a message are equal
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from medianest_bot.chats._discord_parts import ID
from medianest_bot.chats._legible import units
from medianest_bot.chats._owned import disowned, owned


class Kind(StrEnum):
    LINE = "l"
    ROW = "r"
    ASKS = "a"
    MENU = "m"


PATTERN = r"(?s)(?P<kind>[lram])(?P<nth>[0-9]{0,3}):(?P<data>.+)"
_PATTERN = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class Carried:
    line: str
    asker: str | None = None
    kind: Kind = Kind.LINE


def packed(
    line: str, asker: str | None = None, kind: Kind = Kind.LINE, nth: int = 1
) -> str:
    """The id of a button: `nth` among those of its message with the same line.

    Empty where Discord could not take it.
    """
    found = f"{kind}{nth if nth > 1 else ''}:{owned(line, asker)}"
    try:
        found.encode()
    except UnicodeEncodeError:
        return ""
    return found if line and units(found) <= ID else ""


def unpacked(found: str) -> Carried | None:
    """What `packed` put together; None for an id that is none of ours."""
    match = _PATTERN.fullmatch(found)
    if match is None:
        return None
    line, asker = disowned(match["data"])
    return Carried(line, asker, Kind(match["kind"]))
