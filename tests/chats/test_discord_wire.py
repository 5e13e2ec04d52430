"""What only discord.py's own values show."""

from __future__ import annotations

from typing import Any

from medianest_bot.chats._discord_wire import modal, words_of


def asked(question: str) -> dict[str, Any]:
    found: dict[str, Any] = modal("One question first", question, "a:~x").to_dict()
    return found["components"][0]  # type: ignore[no-any-return]


async def test_a_short_question_is_the_label_of_its_answer() -> None:
    label = asked("Why not?")
    assert (label["label"], label.get("description")) == ("Why not?", None)


async def test_a_long_question_goes_on_below_its_label() -> None:
    question = "Why should nobody be let in who has waited for a whole week?"
    label = asked(question)
    assert label["label"] == "Why should nobody be let in who has waited f…"
    assert label["description"] == question


async def test_the_words_of_an_answer_are_found_wherever_they_stand() -> None:
    inner = {"type": 4, "custom_id": "words", "value": "dune"}
    labelled = {"components": [{"type": 18, "component": inner}]}
    in_a_row = {"components": [{"type": 1, "components": [inner]}]}
    assert (words_of(labelled), words_of(in_a_row), words_of({})) == (
        "dune",
        "dune",
        "",
    )
