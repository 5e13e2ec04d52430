"""Which cards stay above the prompt and what is printed for good."""

from __future__ import annotations

from medianest_bot.chats._console_live import Live, Room
from medianest_bot.chats._console_render import Line, plain
from medianest_bot.chats._console_talk import Shown
from medianest_bot.core.reply import Progress, Reply


class Desk:
    """A live region of three rows, and the paper beside it."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.live = Live(lambda: Room(40, 3), _no_mark, self._put)

    def seen(self) -> str:
        return plain(self.live.lines())

    def _put(self, lines: tuple[Line, ...]) -> None:
        self.printed.append(plain(lines))


def card(number: int, title: str, *, busy: bool = True, lines: int = 1) -> Shown:
    progress = Progress(None, "…") if lines > 1 else None
    reply = Reply(title=title, busy=busy, progress=progress)
    return Shown(number, reply, f"tea:{number}")


def test_a_busy_card_lives_until_it_rests() -> None:
    desk = Desk()
    desk.live.answer(card(1, "one"), is_here=False)
    desk.live.redraw(card(1, "half"))
    assert (desk.seen(), desk.printed) == ("half", [])
    desk.live.redraw(card(1, "done", busy=False))
    assert (desk.seen(), desk.printed) == ("", ["done"])


def test_the_oldest_is_pushed_out_for_want_of_room_and_comes_back_at_rest() -> None:
    desk = Desk()
    for number, title in enumerate(["one", "two", "three", "four"], 1):
        desk.live.answer(card(number, title), is_here=False)
    assert (desk.seen(), desk.printed) == ("two\nthree\nfour", ["one"])
    desk.live.redraw(card(1, "one more"))
    assert desk.printed == ["one"]
    desk.live.redraw(card(1, "one done", busy=False))
    assert desk.printed == ["one", "one done"]


def test_what_rests_is_printed_at_once() -> None:
    desk = Desk()
    desk.live.answer(card(1, "one", busy=False), is_here=False)
    assert (desk.seen(), desk.printed) == ("", ["one"])


def test_a_card_drawn_over_another_waits_for_the_next_output() -> None:
    desk = Desk()
    desk.live.answer(card(1, "picked", busy=False), is_here=True)
    desk.live.answer(card(1, "picked more", busy=False), is_here=True)
    assert (desk.seen(), desk.printed) == ("picked more", [])
    desk.live.answer(card(2, "next", busy=False), is_here=False)
    assert desk.printed == ["picked more", "next"]


def test_at_the_end_what_lives_is_printed() -> None:
    desk = Desk()
    desk.live.answer(card(1, "one"), is_here=False)
    desk.live.answer(card(2, "two"), is_here=False)
    desk.live.end()
    assert (desk.seen(), desk.printed) == ("", ["one", "two"])


def _no_mark(shown: Shown) -> str:
    del shown
    return ""
