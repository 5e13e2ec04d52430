"""Every setting is written down where people look for it, in the model's own words.

Run this file as a program to write both documents anew after a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from medianest_bot.settings import Settings, names_of, read

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / ".env.example"
TABLE = ROOT / "docs" / "settings.md"
README = ROOT / "README.md"

EXAMPLE_HEAD = """\
# Copy this file to .env and take the # away from what you want to set.
# Each setting can also stand in the environment, in a file named by NAME_FILE
# (PLEX_TOKEN_FILE=/path), or in a Docker secret. docs/settings.md tells more.
"""
TABLE_HEAD = """\
# Settings

The bot looks for each setting in four places and takes the first it finds:

1. the environment: `PLEX_TOKEN=…`, or `PLEX_TOKEN_FILE=/path` for a file that
   holds the value;
2. the file `.env` in the folder the bot is started in, with the same two forms;
3. Docker secrets: a file `/run/secrets/plex_token` (or `PLEX_TOKEN`).

An empty value counts as not set. Names may be written in capitals or not, and the
`OVERSEERR_` names may begin with `SEERR_`. When something is wrong, the bot
says all of it at once and does not start; `medianest-bot doctor` explains more.
Secrets are never printed. [.env.example](../.env.example) is a file to start from.
"""


def extra(field: FieldInfo) -> dict[str, Any]:
    assert isinstance(field.json_schema_extra, dict)
    return field.json_schema_extra


def groups() -> Iterator[tuple[str, list[tuple[str, FieldInfo]]]]:
    fields = Settings.model_fields.items()
    for group, members in groupby(fields, lambda one: extra(one[1])["group"]):
        yield group, list(members)


def env_example() -> str:
    """One sentence and one commented line for each setting, with its own default."""
    parts = [EXAMPLE_HEAD]
    for group, members in groups():
        parts.append(f"\n# --- {group} ---\n")
        for name, field in members:
            has_own = field.default not in (None, ()) and not field.default_factory
            value = extra(field)["default_shown"] if has_own else ""
            parts.append(f"\n# {field.description}\n#{name.upper()}={value}\n")
    return "".join(parts)


def settings_page() -> str:
    parts = [TABLE_HEAD]
    for group, members in groups():
        parts.append(
            f"\n## {group}\n\n| Name | Default | What it does |\n|---|---|---|\n"
        )
        for name, field in members:
            shown = extra(field)["default_shown"] or "not set"
            parts.append(f"| `{name.upper()}` | {shown} | {field.description} |\n")
    return "".join(parts)


def test_the_example_has_every_setting() -> None:
    assert EXAMPLE.read_text("utf-8") == env_example()


def test_the_table_has_every_setting() -> None:
    assert TABLE.read_text("utf-8") == settings_page()


def test_the_readme_leads_to_the_table() -> None:
    assert "docs/settings.md" in README.read_text("utf-8")


def test_the_example_changes_nothing_when_used_whole(tmp_path: Path) -> None:
    lines = [line.removeprefix("#") for line in env_example().splitlines()]
    (tmp_path / ".env").write_text(
        "\n".join(line for line in lines if line and not line.startswith(" "))
    )

    assert read({}, tmp_path / ".env", None) == read({}, None, None)


def test_a_description_is_one_plain_sentence() -> None:
    for name, field in Settings.model_fields.items():
        said = field.description or ""
        assert (said[:1].isupper(), said[-1:], ". " in said) == (True, ".", False), name


def test_no_two_settings_share_a_name() -> None:
    names = [name for field in Settings.model_fields for name in names_of(field)]

    assert len(set(names)) == len(names) == len(Settings.model_fields) + 3


if __name__ == "__main__":
    EXAMPLE.write_text(env_example(), "utf-8")
    TABLE.write_text(settings_page(), "utf-8")
