from __future__ import annotations

from pathlib import Path

import pytest

from medianest_bot._doctor_sign_in import sign_in
from medianest_bot.settings import read

PLEX = {"PLEX_URL": "http://nas:32400", "PLEX_TOKEN": "abc"}
NO_PAGE = """\
note Sign-in: people type a code at plex.tv/link, and an admin always has to approve
       → For a page of the bot's own, set PUBLIC_URL."""
PLAIN = """\
note Sign-in: http://nas:8080 can be read on its way
       → Put a proxy with a certificate in front (docs/run.md tells how)."""
GOOD = "ok   Sign-in: the page is at https://nest.example"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, []),
        (PLEX, [NO_PAGE]),
        (PLEX | {"PUBLIC_URL": "http://nas:8080"}, [PLAIN]),
        (PLEX | {"PUBLIC_URL": "https://nest.example"}, [GOOD]),
    ],
)
async def test_the_doctor_says_how_people_sign_in(
    told: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    settings = read(told | {"DATA_DIR": str(tmp_path)}, env_file=None, secrets_dir=None)
    assert [str(one) for one in await sign_in(settings)] == expected
