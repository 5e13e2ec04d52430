"""Secrets at rest open where they were written, with their key, nowhere else."""

from __future__ import annotations

import json
import os
import stat
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from medianest_bot.core import _key_files
from medianest_bot.core.secrets import (
    Damaged,
    Key,
    Keyring,
    NoKey,
    Where,
    WrongKey,
    check_canary,
    make_canary,
    open_keyring,
)

HERE = Where("service_config", "value", "uptime_kuma.token", "house")
OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring([Key("a", OLD)])
PASSPHRASE = "five green trains on the bridge"


@dataclass(frozen=True)
class Wanted:
    """The settings a ring is opened with."""

    data_dir: Path
    encryption_keys: SecretStr | None = None
    encryption_key: SecretStr | None = None


def with_key(folder: Path, text: str) -> Keyring:
    return open_keyring(Wanted(folder, encryption_key=SecretStr(text)))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@given(st.text(), st.builds(Where, st.text(), st.text(), st.text(), st.text()))
def test_a_secret_comes_back_whole(text: str, where: Where) -> None:
    assert RING.decrypt(RING.encrypt(text, where), where) == text


@given(
    st.builds(Where, st.text(), st.text(), st.text(), st.text()),
    st.builds(Where, st.text(), st.text(), st.text(), st.text()),
)
def test_a_secret_opens_in_its_own_place_only(one: Where, other: Where) -> None:
    value = RING.encrypt("secret", one)
    if one == other:
        assert RING.decrypt(value, other) == "secret"
    else:
        with pytest.raises(Damaged):
            RING.decrypt(value, other)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, table="users"),
        replace(HERE, column="key"),
        replace(HERE, row="plex.token"),
        replace(HERE, owner=1),
        Where("service_config|value", "", HERE.row, HERE.owner),
    ],
)
def test_a_copied_secret_does_not_open(elsewhere: Where) -> None:
    with pytest.raises(Damaged):
        RING.decrypt(RING.encrypt("secret", HERE), elsewhere)


def test_a_secret_has_the_documented_form() -> None:
    version, key_id, nonce, sealed = RING.encrypt("x" * 21, HERE).split(".")

    assert (version, key_id, len(nonce), len(sealed)) == ("v1", "a", 16, 50)


def test_the_same_secret_is_never_written_the_same_way_twice() -> None:
    assert len({RING.encrypt("secret", HERE) for _ in range(20)}) == 20


def test_every_key_decrypts_and_the_first_encrypts() -> None:
    both = Keyring([Key("b", NEW), Key("a", OLD)])
    old, new = RING.encrypt("secret", HERE), both.encrypt("secret", HERE)

    assert [both.decrypt(one, HERE) for one in (old, new)] == ["secret", "secret"]
    assert [both.needs_rewrite(one) for one in (old, new)] == [True, False]


def test_a_key_that_is_gone_is_named_as_the_cause() -> None:
    with pytest.raises(WrongKey, match="another key"):
        Keyring([Key("b", NEW)]).decrypt(RING.encrypt("secret", HERE), HERE)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "secret",
        "v1.a.b",
        "v2.a.AAAA.AAAA",
        "v1.a.ä.ö",
        "v1.a.AAAA.A",
        "v1.a..",
        "...",
    ],
)
def test_what_is_no_secret_of_ours_is_damaged(value: str) -> None:
    with pytest.raises(Damaged):
        RING.decrypt(value, HERE)


@given(st.integers(0, 66), st.sampled_from("ABCDEFabcdef0123456789-_."))
def test_a_changed_character_is_noticed(at: int, other: str) -> None:
    value = RING.encrypt("x" * 21, HERE)
    at += len("v1.a.")
    changed = value[:at] + other + value[at + 1 :]

    # Each run has another nonce, so the letter may be the one that stood there.
    if changed != value:
        with pytest.raises(Damaged):
            RING.decrypt(changed, HERE)


@given(st.text())
def test_no_text_at_all_makes_decrypt_stumble(value: str) -> None:
    with pytest.raises((Damaged, WrongKey)):
        RING.decrypt(value, HERE)


def test_a_purpose_has_a_key_of_its_own() -> None:
    keys = {RING.derive("lines"), RING.derive("links"), OLD}

    assert len(keys) == 3
    assert RING.derive("lines") == Keyring([Key("z", OLD)]).derive("lines")
    assert {len(key) for key in keys} == {32}


def test_keys_are_in_no_representation() -> None:
    assert repr(Key("a", OLD)) == "Key(id='a')"
    assert "oooo" not in repr(RING)


def test_a_ring_is_read_from_text() -> None:
    text = (
        f"b:{b64encode(NEW).decode()}, a:{urlsafe_b64encode(OLD).decode().rstrip('=')}"
    )

    ring = Keyring.parse(text)

    assert ring.decrypt(RING.encrypt("secret", HERE), HERE) == "secret"
    assert ring.derive("lines") == Keyring([Key("b", NEW)]).derive("lines")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "key 1 is not written as id:base64"),
        ("a:AAAA", "key 1 is not 32 bytes in base64"),
        (f"a:{b64encode(OLD).decode()},b:hunter2", "key 2 is not 32 bytes"),
        (f"a.b:{b64encode(OLD).decode()}", "key 1 is not written as id:base64"),
        (f"a:{b64encode(OLD).decode()}," * 2, "key 3 is not written"),
        (",".join([f"a:{b64encode(OLD).decode()}"] * 2), "the same id"),
    ],
)
def test_a_malformed_ring_says_which_entry_and_shows_no_key(
    text: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        Keyring.parse(text)

    assert "hunter2" not in str(caught.value)
    assert b64encode(OLD).decode() not in str(caught.value)


def test_the_canary_tells_the_right_key_from_others() -> None:
    canary = make_canary(RING)
    renamed = Keyring([Key("a", NEW)])
    other = Keyring([Key("b", NEW)])

    check_canary(RING, canary)
    check_canary(Keyring([Key("b", NEW), Key("a", OLD)]), canary)
    for wrong in (renamed, other):
        with pytest.raises(WrongKey):
            check_canary(wrong, canary)
    with pytest.raises(WrongKey):
        check_canary(RING, "not a canary")


def test_without_settings_a_key_is_made_once(tmp_path: Path) -> None:
    value = open_keyring(Wanted(tmp_path / "data")).encrypt("secret", HERE)

    assert open_keyring(Wanted(tmp_path / "data")).decrypt(value, HERE) == "secret"
    with pytest.raises(WrongKey):
        open_keyring(Wanted(tmp_path / "other")).decrypt(value, HERE)


def test_made_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_keyring(Wanted(tmp_path))
        with_key(tmp_path, PASSPHRASE)
    finally:
        os.umask(before)

    keys = tmp_path / "keys"
    assert {path.name: mode(path) for path in keys.iterdir()} == {
        "ring": 0o600,
        "salt": 0o600,
    }
    assert mode(keys) == 0o700


def test_keys_open_to_others_are_closed(tmp_path: Path) -> None:
    open_keyring(Wanted(tmp_path))
    keys = tmp_path / "keys"
    keys.chmod(0o755)
    (keys / "ring").chmod(0o644)

    open_keyring(Wanted(tmp_path))

    assert (mode(keys), mode(keys / "ring")) == (0o700, 0o600)


def test_a_key_in_the_settings_makes_no_file(tmp_path: Path) -> None:
    text = b64encode(OLD).decode()
    one = with_key(tmp_path, text)
    other = open_keyring(Wanted(tmp_path, encryption_keys=SecretStr(f"a:{text}")))

    assert one.derive("lines") == other.derive("lines") == RING.derive("lines")
    assert list(tmp_path.iterdir()) == []


def test_a_single_key_that_changed_is_a_wrong_key(tmp_path: Path) -> None:
    value = with_key(tmp_path, b64encode(OLD).decode()).encrypt("secret", HERE)

    with pytest.raises(WrongKey):
        with_key(tmp_path, b64encode(NEW).decode()).decrypt(value, HERE)


def test_a_passphrase_is_salted_anew_in_every_install(tmp_path: Path) -> None:
    one, again = (with_key(tmp_path / "one", PASSPHRASE) for _ in range(2))
    other = with_key(tmp_path / "other", PASSPHRASE)
    salt = json.loads((tmp_path / "one/keys/salt").read_text())

    assert one.derive("lines") == again.derive("lines")
    assert one.derive("lines") != other.derive("lines")
    assert (salt["n"], salt["r"], salt["p"], len(salt["salt"])) == (65536, 8, 1, 22)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"n": 3, "r": 8, "p": 1, "salt": "AAAA"}',
        '{"n": 1073741824, "r": 8, "p": 1, "salt": "AAAA"}',
        '{"n": 65536, "r": 8, "p": 1, "salt": 5}',
        "\xff",
    ],
)
def test_a_damaged_salt_stops_the_start(tmp_path: Path, kept: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/salt").write_text(kept)

    with pytest.raises(NoKey, match="salt: is damaged"):
        with_key(tmp_path, PASSPHRASE)


def test_a_damaged_key_file_stops_the_start_and_stays(tmp_path: Path) -> None:
    ring = tmp_path / "keys" / "ring"
    ring.parent.mkdir()
    ring.write_text("half a ke")

    with pytest.raises(NoKey, match="ring: is damaged") as caught:
        open_keyring(Wanted(tmp_path))

    assert "half a ke" not in str(caught.value)
    assert ring.read_text() == "half a ke"


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")

    with pytest.raises(NoKey, match="Check who owns DATA_DIR"):
        open_keyring(Wanted(tmp_path / "data"))


def test_of_two_makers_the_first_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"

    def late() -> str:
        assert _key_files.read_or_make(path, lambda: "first") == "first"
        return "second"

    assert _key_files.read_or_make(path, late) == "first"
    assert list(path.parent.iterdir()) == [path]


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"

    with pytest.raises(UnicodeEncodeError):
        _key_files.read_or_make(path, lambda: "half ä")

    assert list(path.parent.iterdir()) == []
