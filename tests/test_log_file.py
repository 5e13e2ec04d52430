"""The log beside a chat: private, of bounded size, and never in the way."""

from __future__ import annotations

from pathlib import Path

from medianest_bot._log_file import log_file


def test_it_is_for_its_owner_only_and_begins_anew_when_it_is_full(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.txt"
    stream = log_file(path, 10)
    for line in ("first\n", "second\n", "third\n"):
        stream.write(line)
    found = {one.name: one.read_text() for one in tmp_path.iterdir()}
    assert found == {"log.txt": "third\n", "log.txt.1": "first\nsecond\n"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_gone_disturbs_nobody(tmp_path: Path) -> None:
    assert log_file(tmp_path / "gone" / "log.txt").write("a line\n") == 7
