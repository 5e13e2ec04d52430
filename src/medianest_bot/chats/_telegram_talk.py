"""What a text message means: a line to run, a call for help, or nothing to us."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from medianest_bot.chats._telegram_incoming import Line, Said
from medianest_bot.chats._telegram_links import code_line
from medianest_bot.core.line import LONGEST, clean, quoted
from medianest_bot.core.roles import PlaceKind

SHORTEST_SEARCH = 2
LONGEST_SEARCH = 100

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"([0-9]{3})[ -]?([0-9]{3})")
# A digit in a box is a digit with two marks behind it.
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
# Only what is said far more often than it is looked for: no "Cheers", no "Perfect".
_PLEASANTRIES = frozenset(
    (
        "hi|hello|hey|hi there|hello there|hey there|hi bot|hello bot|hey bot|howdy|"
        "good morning|good afternoon|good evening|good night|good day|bye|goodbye|"
        "thanks|thanks a lot|many thanks|thanks bot|thank you|thank you very much|"
        "thank you so much|thanks so much|thx|thnx|tnx|ty|ok|okay|ok thanks|"
        "ok thank you|okay thanks|yes|no|"
        "hallo|moin|servus|guten morgen|guten tag|guten abend|gute nacht|grüß gott|"
        "danke|danke schön|dankeschön|danke dir|vielen dank|tschüss|ja|nein|"
        "bonjour|bonsoir|salut|coucou|merci|merci beaucoup|oui|non|"
        "hola|buenos días|buenos dias|buenas|buenas tardes|buenas noches|gracias|"
        "muchas gracias|adiós|adios|sí|ciao|buongiorno|buonasera|grazie|grazie mille|"
        "olá|oi|bom dia|boa tarde|boa noite|obrigado|obrigada|"
        "goedemorgen|goedemiddag|goedenavond|dank je|dank je wel|dankjewel|bedankt|"
        "hej|tack|tak|takk|kiitos|cześć|dzień dobry|dzięki|dziękuję|"
        "привет|здравствуйте|спасибо|merhaba|teşekkürler"
    )
    .casefold()
    .split("|")
)


@dataclass(frozen=True, slots=True)
class Help:
    """Say what we can do."""


@dataclass(frozen=True, slots=True)
class Start:
    """A deep link was followed; `payload` is its end."""

    payload: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Not meant for us."""


Meaning = Line | Help | Start | Ignore


def meaning(
    said: Said,
    kind: PlaceKind,
    known: Callable[[str], bool],
    awaits_code: Callable[[str], bool] = lambda _account: False,
) -> Meaning:
    """What `said` asks for; `known` tells whether a line begins with a command.

    `awaits_code` tells whether six digits of an account are what a page showed it.
    """
    if said.via_us:
        return Ignore()
    if kind is PlaceKind.PRIVATE:
        return _in_private(said, known, awaits_code)
    return _among_others(said, known)


def _in_private(
    said: Said, known: Callable[[str], bool], awaits_code: Callable[[str], bool]
) -> Meaning:
    if said.command is not None:
        return _command(said.command) if said.command.is_for_us else Ignore()
    text = _cleaned(said.text)
    code = _CODE.fullmatch(text)
    if code is not None and awaits_code(said.sender.account):
        return Line(code_line(f"{code[1]}{code[2]}"))
    if known(text):
        return Line(text)
    return Line(f"search {quoted(text)}") if _is_title(text) else Help()


def _command(line: Line) -> Meaning:
    name, _, payload = line.text.partition(" ")
    if name != "start":
        return line
    return Start(payload) if _PAYLOAD.fullmatch(payload) else Help()


def _among_others(said: Said, known: Callable[[str], bool]) -> Meaning:
    """In a group most of what is said is not meant for us."""
    line = said.command
    if line is not None and not line.is_for_us:
        return Ignore()
    if line is not None and line.text.partition(" ")[0] == "start":
        # What a deep link leads to may be one person's, so never before everybody.
        return Help() if line.names_us else Ignore()
    if line is not None:
        return line if line.names_us or known(line.text) else Ignore()
    text = _cleaned(said.text)
    is_answer = said.reply_to is not None and said.reply_to.is_ours
    return Line(f"search {quoted(text)}") if is_answer and _is_title(text) else Ignore()


def _cleaned(text: str) -> str:
    """The text as one line; empty where it is too long for one."""
    return clean(text) if len(text) <= LONGEST else ""


def _is_title(text: str) -> bool:
    """True for what could be looked for: no greeting, no thanks, no mere pictures."""
    if not SHORTEST_SEARCH <= len(text) <= LONGEST_SEARCH:
        return False
    letters = (one if one.isalnum() else " " for one in _KEYCAP.sub("", text))
    words = " ".join("".join(letters).casefold().split())
    return bool(words) and words not in _PLEASANTRIES
