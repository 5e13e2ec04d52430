"""Where the texts of settings come from: environment, `.env`, files, Docker secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource

_FILE = "_FILE"
_LARGEST_FILE = 64 * 1024
_NEAR = 0.87
"""How alike a name must be to pass for a misspelled one of ours (difflib's ratio):
one slip in the shortest of our names, two or three in the longest."""


@dataclass(frozen=True, slots=True)
class Found:
    """The text of one setting, and the name it was given under.

    The text is None where it could not be read; that was complained about.
    """

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class _Source:
    """One place: what stands there by upper-case name, a text or a file with it."""

    given: Mapping[str, str | Path]
    call: str
    """What the place is called in a complaint."""


def gather(
    names: Mapping[str, tuple[str, ...]],
    environ: Mapping[str, str],
    env_file: Path | None,
    secrets_dir: Path | None,
) -> tuple[dict[str, Found], list[str]]:
    """What is set, by field; and what is wrong about how it is set.

    `names` are the names each field may be given under. The first source that
    has a setting decides; empty texts count as not set.
    """
    complaints: list[str] = []
    places = (
        _variables(environ, "in the environment"),
        _variables(_env_file(env_file, complaints), f"in {env_file}"),
        _folder(secrets_dir, complaints),
    )
    found: dict[str, Found] = {}
    for place in places:
        for field, allowed in names.items():
            if field not in found and (one := _look(place, allowed, complaints)):
                found[field] = one
    complaints += _misspelled(names, places)
    return found, complaints


def complaints(error: ValidationError, found: Mapping[str, Found]) -> list[str]:
    """What is wrong about texts, each under the name it was given."""
    return [
        f"{found[str(one['loc'][0])].name} {one['ctx']['error']}"
        for one in error.errors(include_input=False, include_url=False)
        # A default that could not follow from a wrong neighbour says nothing new.
        if one["type"] == "value_error"
    ]


def _variables(texts: Mapping[str, str | None], call: str) -> _Source:
    given: dict[str, str | Path] = {}
    # Of two spellings of one name, the one in capitals is meant.
    for name in sorted(texts, key=str.isupper):
        if text := texts[name]:
            is_path = name.upper().endswith(_FILE)
            given[name.upper()] = Path(text) if is_path else text
    return _Source(given, call)


def _env_file(path: Path | None, complaints: list[str]) -> Mapping[str, str | None]:
    if path is None or not path.is_file():
        return {}
    try:
        return DotEnvSettingsSource(
            BaseSettings, env_file=path, env_file_encoding="utf-8", case_sensitive=True
        ).env_vars
    except (OSError, ValueError) as error:
        complaints.append(f"{path} {_why(error)}")
        return {}


def _folder(path: Path | None, complaints: list[str]) -> _Source:
    """Docker puts each secret into a file named after it."""
    files: dict[str, str | Path] = {}
    try:
        if path is not None and path.is_dir():
            files = {one.name.upper(): one for one in path.iterdir() if one.is_file()}
    except OSError as error:
        complaints.append(f"{path} {_why(error)}")
    return _Source(files, f"in {path}")


def _look(
    place: _Source, allowed: tuple[str, ...], complaints: list[str]
) -> Found | None:
    names = [name for name in _with_files(allowed) if name in place.given]
    if not names:
        return None
    if len(names) > 1:
        called = f"{', '.join(names[:-1])} and {names[-1]}"
        complaints.append(f"{called} are set {place.call}. Keep only one of them.")
        return Found(names[0], None)
    value = place.given[names[0]]
    if isinstance(value, str):
        return Found(names[0], value)
    text, wrong = _read(value)
    if wrong:
        complaints.append(f"The file of {names[0]} {place.call} {wrong}")
    return Found(names[0], text)


def _with_files(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for name in names for end in ("", _FILE))


def _read(path: Path) -> tuple[str | None, str]:
    """The content, without the line break editors put at its end; or what is wrong."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE + 1).decode()
    except (OSError, ValueError) as error:
        return None, _why(error)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        return None, "is empty. Write the value into it, or remove the setting."
    if len(text) > _LARGEST_FILE:
        return None, "is too large. Write the value alone into it."
    return text, ""


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeError):
        return "is not a text in UTF-8. Write it again as plain text."
    if isinstance(error, FileNotFoundError):
        return "does not exist. Check the path, or remove the setting."
    why = (error.strerror if isinstance(error, OSError) else None) or "is malformed"
    user = os.getuid()
    return f"cannot be read ({why.lower()}). Let user {user} read it."


def _misspelled(
    names: Mapping[str, tuple[str, ...]], places: tuple[_Source, ...]
) -> list[str]:
    ours = {name for allowed in names.values() for name in _with_files(allowed)}
    return [
        f"{name} {place.call} is not a setting: did you mean {near[0]}? "
        "Rename it, or remove it."
        for place in places
        for name in sorted(place.given)
        if name not in ours and (near := get_close_matches(name, ours, 1, _NEAR))
    ]
