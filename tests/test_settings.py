"""Settings: where they are read from, and what is said about wrong ones."""

from __future__ import annotations

import grp
from base64 import b64encode
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from medianest_bot.settings import Account, Chat, Settings, WrongSettings, read

KEY = b64encode(bytes(32)).decode()
DISCORD = "MTAwMDAwMDAwMDAw.GaBcDe.signature-of_1234"
PLEX = {"PLEX_URL": "http://plex:32400", "PLEX_TOKEN": "tok-en"}


def settings(**environ: str) -> Settings:
    return read(environ, None, None)


def complaints(
    environ: dict[str, str], env_file: Path | None = None, secrets: Path | None = None
) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as caught:
        read(environ, env_file, secrets)
    return caught.value.complaints


def token(found: Settings) -> str | None:
    return found.plex_token.get_secret_value() if found.plex_token else None


def test_nothing_has_to_be_set() -> None:
    here = Path.cwd()

    assert settings().model_dump(exclude_none=True) == {
        "plex_tv_url": "https://plex.tv",
        "plex_auth_url": "https://app.plex.tv/auth",
        "overseerr_import_users": True,
        "telegram_webhook": False,
        "telegram_api_url": "https://api.telegram.org",
        "telegram_file_url": "https://api.telegram.org",
        "discord_guilds": (),
        "data_dir": here / "data",
        "downloads_dir": here / "data" / "downloads",
        "downloads_umask": 0o022,
        "download_sites": "youtube",
        "web_host": "127.0.0.1",
        "web_port": 8080,
        "trusted_proxies": (),
        "admins": (),
        "household_chats": (),
        "admin_chats": (),
        "announce": False,
        "limit_commands": 100,
        "limit_requests": 20,
        "limit_downloads": 5,
        "log_level": "info",
        "log_format": "console",
    }
    assert settings().database_address == f"sqlite:///{here}/data/medianest.db"


def test_everything_can_be_set() -> None:
    group = grp.getgrgid(0).gr_name
    texts = {
        **PLEX,
        "PLEX_TV_URL": "http://127.0.0.1:1/",
        "PLEX_AUTH_URL": "http://127.0.0.1:2/auth/",
        "OVERSEERR_URL": "http://[fd00::5]:5055/",
        "OVERSEERR_API_KEY": " key== ",
        "OVERSEERR_IMPORT_USERS": "off",
        "UPTIME_KUMA_URL": "https://kuma.example/base/",
        "UPTIME_KUMA_USERNAME": "mum",
        "UPTIME_KUMA_PASSWORD": "with spaces ",
        "UPTIME_KUMA_TOTP": "123 456",
        "UPTIME_KUMA_API_KEY": "uk1_abc",
        "UPTIME_KUMA_STATUS_PAGE": "maple",
        "TELEGRAM_TOKEN": " 123456:ABC-def_1234 ",
        "TELEGRAM_WEBHOOK": "Yes",
        "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
        "TELEGRAM_FILE_URL": "http://127.0.0.1:8082",
        "DISCORD_TOKEN": f" {DISCORD} ",
        "DISCORD_GUILDS": "111111111111111111, 222222222222222222,",
        "DISCORD_API_URL": "http://127.0.0.1:8083/",
        "DISCORD_GATEWAY_URL": "ws://127.0.0.1:8083/gateway/",
        "DATA_DIR": "/srv/data",
        "DATABASE_URL": "sqlite:////srv/other.db",
        "DOWNLOADS_DIR": "/srv/films",
        "DOWNLOADS_UMASK": "027",
        "DOWNLOADS_GROUP": group,
        "DOWNLOAD_SITES": "youtube, vimeo,http://127.0.0.1:9/feeds/",
        "ENCRYPTION_KEYS": f"a:{KEY}",
        "PUBLIC_URL": "https://bot.example",
        "WEB_HOST": "::",
        "WEB_PORT": "80",
        "TRUSTED_PROXIES": "10.0.0.5, fd00::/8,",
        "ADMINS": "telegram:12, Discord:34,console:ana",
        "HOUSEHOLD_CHATS": "telegram:-1001, Discord : 34,telegram:-1002:7",
        "ADMIN_CHATS": "telegram:-1002,",
        "ANNOUNCE": "yes",
        "HOUSEHOLD_NAME": "  Maple   Street ",
        "LIMIT_COMMANDS": "60",
        "LIMIT_REQUESTS": "1",
        "LIMIT_DOWNLOADS": "10000",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "json",
    }

    assert settings(**texts).model_dump(exclude_none=True) == {
        "plex_url": "http://plex:32400",
        "plex_token": SecretStr("tok-en"),
        "plex_tv_url": "http://127.0.0.1:1",
        "plex_auth_url": "http://127.0.0.1:2/auth",
        "overseerr_url": "http://[fd00::5]:5055",
        "overseerr_api_key": SecretStr("key=="),
        "overseerr_import_users": False,
        "uptime_kuma_url": "https://kuma.example/base",
        "uptime_kuma_username": "mum",
        "uptime_kuma_password": SecretStr("with spaces "),
        "uptime_kuma_totp": SecretStr("123456"),
        "uptime_kuma_api_key": SecretStr("uk1_abc"),
        "uptime_kuma_status_page": "maple",
        "telegram_token": SecretStr("123456:ABC-def_1234"),
        "telegram_webhook": True,
        "telegram_api_url": "http://127.0.0.1:8081",
        "telegram_file_url": "http://127.0.0.1:8082",
        "discord_token": SecretStr(DISCORD),
        "discord_guilds": ("111111111111111111", "222222222222222222"),
        "discord_api_url": "http://127.0.0.1:8083",
        "discord_gateway_url": "ws://127.0.0.1:8083/gateway",
        "data_dir": Path("/srv/data"),
        "database_url": SecretStr("sqlite:////srv/other.db"),
        "downloads_dir": Path("/srv/films"),
        "downloads_umask": 0o027,
        "downloads_group": group,
        "download_sites": "youtube,vimeo,http://127.0.0.1:9/feeds/",
        "encryption_keys": SecretStr(f"a:{KEY}"),
        "public_url": "https://bot.example",
        "web_host": "::",
        "web_port": 80,
        "trusted_proxies": (ip_network("10.0.0.5/32"), ip_network("fd00::/8")),
        "admins": (
            Account("telegram", "12"),
            Account("discord", "34"),
            Account("console", "ana"),
        ),
        "household_chats": (
            Chat("telegram", "-1001"),
            Chat("discord", "34"),
            Chat("telegram", "-1002", "7"),
        ),
        "admin_chats": (Chat("telegram", "-1002"),),
        "announce": True,
        "household_name": "Maple Street",
        "limit_commands": 60,
        "limit_requests": 1,
        "limit_downloads": 10000,
        "log_level": "debug",
        "log_format": "json",
    }


def test_the_first_place_that_has_it_decides(tmp_path: Path) -> None:
    env_file, secrets, file = tmp_path / ".env", tmp_path / "secrets", tmp_path / "file"
    env_file.write_text("PLEX_TOKEN=from-env-file\n")
    secrets.mkdir()
    (secrets / "plex_token").write_text("from-secret\n")
    (secrets / "PLEX_URL").write_text("http://plex")
    file.write_text("from-file\r\n")
    url = {"PLEX_URL": "http://plex"}

    found = [
        token(read(environ, env, secrets))
        for environ, env in (
            ({**url, "PLEX_TOKEN": "from-environ"}, env_file),
            ({**url, "PLEX_TOKEN_FILE": str(file)}, env_file),
            ({**url, "PLEX_TOKEN": ""}, env_file),
            ({}, None),
        )
    ]

    assert found == ["from-environ", "from-file", "from-env-file", "from-secret"]


def test_an_env_file_may_name_files_and_need_not_exist(tmp_path: Path) -> None:
    file, env_file = tmp_path / "token", tmp_path / ".env"
    file.write_text("tok-en")
    env_file.write_text(f"plex_url='http://plex'\nexport PLEX_TOKEN_FILE={file} # hm\n")

    assert token(read({}, env_file, None)) == "tok-en"
    assert token(read({}, tmp_path / "none", tmp_path / "none")) is None


def test_seerr_names_are_taken_too() -> None:
    found = settings(seerr_url="http://seerr", SEERR_API_KEY="key")

    assert found.overseerr_url == "http://seerr"
    assert complaints({"SEERR_URL": "http://seerr"}) == (
        "SEERR_URL is set but OVERSEERR_API_KEY is not. Set both, or neither.",
    )


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PLEX_TOKN=a\nWEB_PORT=no\n")

    assert complaints({"PLEX_URL": "plex", "LOG_FORMAT": "xml"}, env_file) == (
        (
            f"PLEX_TOKN in {env_file} is not a setting: did you mean PLEX_TOKEN? "
            "Rename it, or remove it."
        ),
        "PLEX_URL is set but PLEX_TOKEN is not. Set both, or neither.",
        "PLEX_URL must start with http:// or https://.",
        "WEB_PORT must be a number from 1 to 65535.",
        "LOG_FORMAT must be console or json.",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "PLEX_TOKN",
        "plextoken",
        "OVERSEER_URL",
        "SERR_API_KEY",
        "DOWNLOAD_DIR",
        "ADMIN",
        "WEB_PROT",
        "UPTIMEKUMA_URL",
        "PLEX_TOKEN_FIL",
        "LOG_LEVELS",
        "ENCRYPTION_KYE",
    ],
)
def test_a_misspelled_name_is_noticed(typed: str) -> None:
    [complaint] = complaints({typed: "x"})

    assert complaint.startswith(f"{typed.upper()} in the environment is not a setting")


def test_other_programs_names_are_left_alone() -> None:
    # What Plex's own image, Docker links, Kubernetes and shells put there.
    others = (
        "PLEX_UID PLEX_GID PLEX_CLAIM PLEX_PORT PLEX_SERVICE_HOST OVERSEERR_PORT "
        "UPTIME_KUMA_PORT UPTIME_KUMA_PORT_3001_TCP SEERR_SERVICE_PORT DATABASE "
        "LOGNAME DATADIR_PATH PATH HOME TZ PUID UMASK HOSTNAME WEB LOG LOG_FILE"
    )

    assert settings(**dict.fromkeys(others.split(), "x")) == settings()


def test_a_value_and_its_file_do_not_go_together(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("tok-en")

    [complaint] = complaints({**PLEX, "PLEX_TOKEN_FILE": str(file)})

    assert complaint == (
        "PLEX_TOKEN and PLEX_TOKEN_FILE are set in the environment. "
        "Keep only one of them."
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "does not exist. Check the path, or remove the setting."),
        (b"", "is empty. Write the value into it, or remove the setting."),
        (b"\n", "is empty. Write the value into it, or remove the setting."),
        (b"\xff\xfe", "is not a text in UTF-8. Write it again as plain text."),
        (b"a" * 70_000, "is too large. Write the value alone into it."),
    ],
)
def test_a_file_that_cannot_be_used_is_said(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    assert complaints({"PLEX_URL": "http://plex", "PLEX_TOKEN_FILE": str(file)}) == (
        f"The file of PLEX_TOKEN_FILE in the environment {complaint}",
    )


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PLEX_URL=\xff")
    found = complaints({"LOG_LEVEL_FILE": str(tmp_path)}, tmp_path / ".env")

    assert [one.partition(" (")[0] for one in found] == [
        f"{tmp_path / '.env'} is not a text in UTF-8. Write it again as plain text.",
        "The file of LOG_LEVEL_FILE in the environment cannot be read",
    ]


@pytest.mark.parametrize(
    ("environ", "lonely", "missing"),
    [
        ({"PLEX_URL": "http://plex"}, "PLEX_URL", "PLEX_TOKEN"),
        ({"PLEX_TOKEN": "tok-en"}, "PLEX_TOKEN", "PLEX_URL"),
        ({"OVERSEERR_API_KEY": "key"}, "OVERSEERR_API_KEY", "OVERSEERR_URL"),
        (
            {"UPTIME_KUMA_URL": "http://kuma", "UPTIME_KUMA_PASSWORD": "x"},
            "UPTIME_KUMA_PASSWORD",
            "UPTIME_KUMA_USERNAME",
        ),
        (
            {"UPTIME_KUMA_STATUS_PAGE": "maple"},
            "UPTIME_KUMA_STATUS_PAGE",
            "UPTIME_KUMA_URL",
        ),
        (
            {"UPTIME_KUMA_URL": "http://kuma", "UPTIME_KUMA_TOTP": "123456"},
            "UPTIME_KUMA_TOTP",
            "UPTIME_KUMA_USERNAME",
        ),
        ({"DISCORD_GUILDS": "1"}, "DISCORD_GUILDS", "DISCORD_TOKEN"),
        (
            {"DISCORD_API_URL": "http://box"},
            "DISCORD_API_URL",
            "DISCORD_GATEWAY_URL",
        ),
        (
            {"DISCORD_GATEWAY_URL": "ws://box"},
            "DISCORD_GATEWAY_URL",
            "DISCORD_API_URL",
        ),
    ],
)
def test_half_a_neighbour_is_complained_about(
    environ: dict[str, str], lonely: str, missing: str
) -> None:
    assert complaints(environ) == (
        f"{lonely} is set but {missing} is not. Set both, or neither.",
    )


def test_a_webhook_needs_a_token_and_a_public_address() -> None:
    assert complaints(
        {"TELEGRAM_WEBHOOK": "on", "PUBLIC_URL": "http://bot.example"}
    ) == (
        "TELEGRAM_WEBHOOK is set but TELEGRAM_TOKEN is not. Set both, or neither.",
        (
            "TELEGRAM_WEBHOOK is on, so PUBLIC_URL must be set and start with "
            "https://: Telegram brings updates there. Or leave TELEGRAM_WEBHOOK out."
        ),
    )


def test_no_webhook_needs_nothing() -> None:
    assert settings(TELEGRAM_WEBHOOK="off").telegram_webhook is False


def test_files_come_from_the_server_of_one_s_own() -> None:
    assert settings(TELEGRAM_API_URL="http://box:8081").telegram_file_url == (
        "http://box:8081"
    )


def test_a_chat_is_of_one_kind_but_a_topic_may_differ() -> None:
    household = "telegram:-1, telegram:-2:7,telegram:-3"

    assert complaints(
        {"HOUSEHOLD_CHATS": household, "ADMIN_CHATS": "telegram:-2,Telegram:-3,"}
    ) == (
        (
            "HOUSEHOLD_CHATS and ADMIN_CHATS both name telegram:-3. "
            "Keep it in one of them."
        ),
    )


def test_a_server_is_the_household_s_but_a_channel_may_differ() -> None:
    token, servers = {"DISCORD_TOKEN": DISCORD}, {"DISCORD_GUILDS": "1,2"}

    assert complaints({**token, **servers, "ADMIN_CHATS": "discord:1:5,discord:2"}) == (
        ("DISCORD_GUILDS and ADMIN_CHATS both name discord:2. Keep it in one of them."),
    )


def test_a_server_of_the_household_is_a_place_of_it_once() -> None:
    found = settings(
        DISCORD_TOKEN=DISCORD,
        DISCORD_GUILDS="1,2,1",
        HOUSEHOLD_CHATS="discord:1:5,discord:2,telegram:-1",
    )

    assert found.household_places == (
        Chat("discord", "1", "5"),
        Chat("discord", "2"),
        Chat("telegram", "-1"),
        Chat("discord", "1"),
    )


def test_a_name_is_no_server_and_how_to_find_its_id_is_said() -> None:
    assert complaints({"DISCORD_TOKEN": DISCORD, "DISCORD_GUILDS": "1,maple"}) == (
        (
            "DISCORD_GUILDS has an entry (number 2) that is no server's id. In "
            "Discord, turn on Developer Mode (settings, Advanced), then right-click "
            "the server: Copy Server ID. It has digits only."
        ),
    )


def test_another_secret_of_discord_is_no_token() -> None:
    assert complaints({"DISCORD_TOKEN": "a" * 32}) == (
        (
            "DISCORD_TOKEN is no bot's token. At discord.com/developers open your "
            "application, then Bot, press Reset Token, and copy all of it: three "
            "parts with dots between."
        ),
    )


def test_a_forgotten_minus_is_said() -> None:
    assert complaints({"ADMIN_CHATS": "telegram:-1,telegram:1001"}) == (
        (
            "ADMIN_CHATS has an entry (number 2) that is a person's number, or lacks "
            "its minus: groups in Telegram have numbers like telegram:-100123456."
        ),
    )


WRONG = [
    ("PLEX_TV_URL", "ftp://hunter2"),
    ("PLEX_TV_URL", "http://"),
    ("PLEX_TV_URL", "http://ana:hunter2@plex"),
    ("PLEX_TV_URL", "http://plex?X-Plex-Token=hunter2"),
    ("PLEX_TV_URL", "http://fd00::5:80"),
    ("PLEX_TV_URL", "http://[hunter2]"),
    ("PLEX_TV_URL", "http://plex:99999"),
    ("PLEX_TV_URL", "http://plex:0"),
    ("PLEX_TV_URL", "http://pl\nex"),
    ("PLEX_TV_URL", "http://-plex-"),
    ("PLEX_TV_URL", "http://" + "hunter2" * 400),
    ("DATABASE_URL", "mysql://ana:hunter2@host/name"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite://"),
    ("DATA_DIR", "~nobody-hunter2/data"),
    ("DOWNLOADS_UMASK", "888"),
    ("DOWNLOADS_UMASK", "777"),
    ("DOWNLOADS_UMASK", "hunter2"),
    ("DOWNLOADS_GROUP", "hunter2"),
    ("DOWNLOAD_SITES", "youtube,hunter2"),
    ("DOWNLOAD_SITES", ","),
    ("ENCRYPTION_KEYS", "hunter2"),
    ("ENCRYPTION_KEYS", f"a:{KEY},b:hunter2"),
    ("ENCRYPTION_KEY", "hunter2"),
    ("WEB_HOST", "hunter2 hunter2"),
    ("WEB_PORT", "0"),
    ("WEB_PORT", "65536"),
    ("WEB_PORT", "²"),
    ("ADMINS", "hunter2"),
    ("ADMINS", "telegram:ana-hunter2"),
    ("ADMINS", "telegram:1,irc:2"),
    ("HOUSEHOLD_CHATS", "hunter2"),
    ("HOUSEHOLD_CHATS", "telegram:@hunter2"),
    ("ADMIN_CHATS", "telegram:-1:hunter2"),
    ("ADMIN_CHATS", "discord:-1"),
    ("TELEGRAM_TOKEN", "hunter2"),
    ("TELEGRAM_TOKEN", "123456:hunter2 hunter2"),
    ("TELEGRAM_TOKEN", "bot123456:hunter2-hunter2"),
    ("TELEGRAM_WEBHOOK", "hunter2"),
    ("TELEGRAM_API_URL", "hunter2"),
    ("DISCORD_TOKEN", "hunter2"),
    ("DISCORD_TOKEN", "Bot hunter2hunter2.abcdef.hunter2hunter2"),
    ("DISCORD_TOKEN", "hunter2hunter2.hunter2hunter2"),
    ("LOG_LEVEL", "hunter2"),
]


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_form_is_one_plain_sentence_without_the_value(
    name: str, text: str
) -> None:
    [complaint] = complaints({name: text})

    assert complaint.startswith(f"{name} ")
    assert "hunter2" not in complaint
    assert "\n" not in complaint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PLEX_TOKEN", "hunter2 hunter2"),
        ("OVERSEERR_API_KEY", "hunter2\u200b"),
        ("UPTIME_KUMA_PASSWORD", "hunter2\nhunter2"),
        ("UPTIME_KUMA_USERNAME", "hunter2\x1b"),
        ("UPTIME_KUMA_TOTP", "hunter2"),
        ("UPTIME_KUMA_STATUS_PAGE", "https://kuma/status/hunter2"),
        ("DISCORD_GUILDS", "hunter2"),
        ("DISCORD_GUILDS", "1, discord:2-hunter2"),
        ("DISCORD_GATEWAY_URL", "http://hunter2"),
        ("DISCORD_GATEWAY_URL", "wss://"),
        ("DISCORD_GATEWAY_URL", "wss://ana:hunter2@host"),
    ],
)
def test_a_wrong_secret_is_not_repeated(name: str, text: str) -> None:
    found = complaints({name: text})

    assert any(one.startswith(f"{name} ") for one in found)
    assert "hunter2" not in " ".join(found)


@given(st.sampled_from(sorted(Settings.model_fields)), st.text(min_size=1))
def test_whatever_is_typed_the_answer_is_settings_or_complaints(
    field: str, text: str
) -> None:
    try:
        read({field.upper(): text}, None, None)
    except WrongSettings as wrong:
        assert wrong.complaints  # noqa: PT017 - either end is fine


def test_settings_cannot_be_changed_and_show_no_secret() -> None:
    found = settings(**PLEX, ENCRYPTION_KEY="hunter2hunter2")

    with pytest.raises(ValidationError):
        found.web_port = 1
    assert "hunter2" not in f"{found!r} {found} {found.model_dump_json()}"
    assert "tok-en" not in f"{found!r} {found} {found.model_dump_json()}"


def test_all_secrets_are_known_to_the_log() -> None:
    address = "postgresql://ana:p%40ss@db/name"
    found = settings(
        **PLEX,
        TELEGRAM_TOKEN="123456:ABC-def_1234",
        DISCORD_TOKEN=DISCORD,
        ENCRYPTION_KEYS=f"a:{KEY}",
        DATABASE_URL=address,
    )

    assert found.database_address == address
    assert found.secret_values() == (
        "tok-en",
        "123456:ABC-def_1234",
        DISCORD,
        address,
        f"a:{KEY}",
        "ABC-def_1234",
        "signature-of_1234",
        KEY,
        "p%40ss",
        "p@ss",
    )
