"""Every setting, in one place: its name, its form, its default, what it does.

`read` looks in the environment, in `.env` and among Docker secrets, in this order,
and complains about everything that is wrong at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic.config import JsonDict
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from medianest_bot import _settings_forms as forms
from medianest_bot import _settings_sources as sources
from medianest_bot._settings_sources import Found

ENV_FILE = Path(".env")
SECRETS_DIR = Path("/run/secrets")

Url = Annotated[str, BeforeValidator(forms.url)]
Folder = Annotated[Path, BeforeValidator(forms.folder)]
Token = Annotated[SecretStr, BeforeValidator(forms.token)]
Password = Annotated[SecretStr, BeforeValidator(forms.password)]


class Account(NamedTuple):
    """One chat's user: who is an admin from the start."""

    platform: str
    id: str


class WrongSettings(Exception):
    """The settings cannot be used. Each complaint is a sentence for who set them."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


def _setting(group: str, description: str, default: Any = None, shown: str = "") -> Any:
    """A field; `shown` is its default as people read it."""
    extra: JsonDict = {"group": group, "default_shown": shown or _shown(default)}
    if callable(default):
        return Field(
            default_factory=default, description=description, json_schema_extra=extra
        )
    return Field(
        default,
        description=description,
        json_schema_extra=extra,
        validate_default=isinstance(default, Path),
    )


def _shown(default: object) -> str:
    return "" if default in (None, ()) else str(default)


class Settings(BaseSettings):
    """What the house is built from. Nothing is read behind the back of `read`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True
    )

    plex_url: Url | None = _setting(
        "Plex", "Where your Plex Media Server answers, like http://192.168.1.5:32400."
    )
    plex_token: Token | None = _setting(
        "Plex", "The token of the server's owner; the bot reads the library with it."
    )
    plex_tv_url: Url = _setting(
        "Plex", "Where Plex accounts are looked up.", "https://plex.tv"
    )
    plex_auth_url: Url = _setting(
        "Plex",
        "The page on which people sign in to Plex.",
        "https://app.plex.tv/auth",
    )

    overseerr_url: Url | None = _setting(
        "Overseerr or Seerr",
        "Where Overseerr or Seerr answers, like http://192.168.1.5:5055.",
    )
    overseerr_api_key: Token | None = _setting(
        "Overseerr or Seerr", "Its API key, from its settings page under General."
    )

    uptime_kuma_url: Url | None = _setting(
        "Uptime Kuma", "Where Uptime Kuma answers, like http://192.168.1.5:3001."
    )
    uptime_kuma_username: Annotated[str, BeforeValidator(forms.user)] | None = _setting(
        "Uptime Kuma", "The user to sign in as; needed only the first time."
    )
    uptime_kuma_password: Password | None = _setting(
        "Uptime Kuma", "That user's password; only the token it gives is kept."
    )
    uptime_kuma_totp: Annotated[SecretStr, BeforeValidator(forms.totp)] | None = (
        _setting(
            "Uptime Kuma",
            "The six digits of the moment, where that user has two-factor sign-in.",
        )
    )
    uptime_kuma_api_key: Token | None = _setting(
        "Uptime Kuma", "An API key: states are read with it while signing in fails."
    )
    uptime_kuma_status_page: (
        Annotated[str, BeforeValidator(forms.status_page)] | None
    ) = _setting(
        "Uptime Kuma",
        "The short name of a status page, read when nothing else is possible.",
    )

    data_dir: Folder = _setting(
        "Data and files",
        "The folder for everything the bot keeps.",
        Path("data"),
        "./data",
    )
    database_url: Annotated[SecretStr, BeforeValidator(forms.database)] | None = (
        _setting(
            "Data and files",
            "The database, like postgresql://user:password@host/name.",
            shown="a SQLite file in DATA_DIR",
        )
    )
    downloads_dir: Folder = _setting(
        "Data and files",
        "The folder for finished downloads; Plex must see it too.",
        lambda values: values["data_dir"] / "downloads",
        shown="DATA_DIR/downloads",
    )
    downloads_umask: Annotated[int, BeforeValidator(forms.umask)] = _setting(
        "Data and files",
        "Which rights finished files lack, in octal; 027 hides them from others.",
        0o022,
        shown="022",
    )
    downloads_group: Annotated[str, BeforeValidator(forms.group)] | None = _setting(
        "Data and files", "The group finished files belong to.", shown="the bot's own"
    )
    download_sites: Annotated[str, BeforeValidator(forms.sites)] = _setting(
        "Data and files",
        f"Where videos may come from, with commas between: {forms.SITES}, "
        "or the address of a folder of videos, ending in /.",
        "youtube",
    )

    encryption_keys: Annotated[SecretStr, BeforeValidator(forms.keys)] | None = (
        _setting(
            "Keys",
            "The keys for stored secrets as id:base64, with commas between; "
            "the first one encrypts, all of them decrypt.",
            shown="made at the first start, in DATA_DIR/keys",
        )
    )
    encryption_key: Annotated[SecretStr, BeforeValidator(forms.key)] | None = _setting(
        "Keys",
        "Instead of ENCRYPTION_KEYS: one key of 32 bytes in base64, or a passphrase.",
    )

    public_url: Url | None = _setting(
        "Web pages", "How browsers reach the bot's pages from outside."
    )
    web_host: Annotated[str, BeforeValidator(forms.host)] = _setting(
        "Web pages", "The address the bot's pages are served on.", "127.0.0.1"
    )
    web_port: Annotated[int, BeforeValidator(forms.port)] = _setting(
        "Web pages", "The port the bot's pages are served on.", 8080
    )

    admins: Annotated[tuple[Account, ...], BeforeValidator(forms.accounts)] = _setting(
        "People and log",
        "Who is an admin from the start: chat:id, with commas between, "
        "like telegram:123456.",
        (),
    )
    log_level: Annotated[str, BeforeValidator(forms.log_level)] = _setting(
        "People and log",
        "The least important lines to log: debug, info, warning or error.",
        "info",
    )
    log_format: Annotated[str, BeforeValidator(forms.log_format)] = _setting(
        "People and log",
        "How lines are logged: console for people, json for programs.",
        "console",
    )

    @property
    def database_address(self) -> str:
        """Where the database is; it may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'medianest.db'}"

    def secret_values(self) -> tuple[str, ...]:
        """All that must never appear in a log line."""
        values = (getattr(self, name) for name in type(self).model_fields)
        texts = [one.get_secret_value() for one in values if isinstance(one, SecretStr)]
        return (
            *texts,
            *forms.parts_of_secrets(self.encryption_keys, self.database_url),
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read(
    environ: Mapping[str, str] | None = None,
    env_file: Path | None = ENV_FILE,
    secrets_dir: Path | None = SECRETS_DIR,
) -> Settings:
    """The settings of this process (`environ`: instead of its environment).

    Raises WrongSettings with all there is to complain about; no complaint holds
    a value that may be secret.
    """
    names = {field: names_of(field) for field in Settings.model_fields}
    found, complaints = sources.gather(
        names, os.environ if environ is None else environ, env_file, secrets_dir
    )
    complaints += _half_configured(found)
    texts = {field: one.text for field, one in found.items() if one.text is not None}
    try:
        settings = Settings.model_validate(texts)
    except ValidationError as error:
        complaints += _complaints(error, found)
    if complaints:
        raise WrongSettings(tuple(complaints))
    return settings


def names_of(field: str) -> tuple[str, ...]:
    """What a setting may be called, its own name first."""
    name = field.upper()
    if name.startswith("OVERSEERR_"):
        return name, name.removeprefix("OVER")
    return (name,)


def _complaints(error: ValidationError, found: Mapping[str, Found]) -> list[str]:
    return [
        f"{found[str(one['loc'][0])].name} {one['ctx']['error']}"
        for one in error.errors(include_input=False, include_url=False)
        # A default that could not follow from a wrong neighbour says nothing new.
        if one["type"] == "value_error"
    ]


_PAIRS = (
    ("plex_url", "plex_token"),
    ("overseerr_url", "overseerr_api_key"),
    ("uptime_kuma_username", "uptime_kuma_password"),
)


def _half_configured(found: Mapping[str, Found]) -> list[str]:
    complaints = []
    for pair in _PAIRS:
        for one, other in (pair, pair[::-1]):
            if one in found and other not in found:
                complaints.append(_lonely(found[one].name, other.upper()))
    kuma = [field for field in found if field.startswith("uptime_kuma_")]
    if kuma and "uptime_kuma_url" not in found:
        complaints.append(_lonely(found[kuma[0]].name, "UPTIME_KUMA_URL"))
    if "uptime_kuma_totp" in found and "uptime_kuma_username" not in found:
        complaints.append(_lonely("UPTIME_KUMA_TOTP", "UPTIME_KUMA_USERNAME"))
    if "encryption_keys" in found and "encryption_key" in found:
        complaints.append(
            "ENCRYPTION_KEYS and ENCRYPTION_KEY are both set. Keep only one of them."
        )
    return complaints


def _lonely(name: str, missing: str) -> str:
    return f"{name} is set but {missing} is not. Set both, or neither."
