"""Every setting, in one place: its name, its form, its default, what it does.

`read` looks in the environment, in `.env` and among Docker secrets, in this order,
and complains about everything that is wrong at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from medianest_bot import _settings_chats as chats
from medianest_bot import _settings_forms as forms
from medianest_bot import _settings_house as house
from medianest_bot import _settings_sources as sources
from medianest_bot import _settings_together as together
from medianest_bot._settings_chats import Account, Chat
from medianest_bot._settings_field import (
    Chats,
    Folder,
    Limit,
    Proxies,
    Url,
    YesNo,
    setting,
)
from medianest_bot._settings_neighbours import NeighbourSettings

__all__ = ["Account", "Chat", "Settings", "WrongSettings", "names_of", "read"]

ENV_FILE = Path(".env")
SECRETS_DIR = Path("/run/secrets")


class WrongSettings(Exception):
    """The settings cannot be used. Each complaint is a sentence for who set them."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class Settings(NeighbourSettings):
    """What the house is built from. Nothing is read behind the back of `read`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data_dir: Folder = setting(
        "Data and files",
        "The folder for everything the bot keeps.",
        Path("data"),
        "./data",
    )
    database_url: Annotated[SecretStr, BeforeValidator(forms.database)] | None = (
        setting(
            "Data and files",
            "The database, like postgresql://user:password@host/name.",
            shown="a SQLite file in DATA_DIR",
        )
    )
    downloads_dir: Folder = setting(
        "Data and files",
        "The folder for finished downloads; Plex must see it too.",
        lambda values: values["data_dir"] / "downloads",
        shown="DATA_DIR/downloads",
    )
    downloads_umask: Annotated[int, BeforeValidator(forms.umask)] = setting(
        "Data and files",
        "Which rights finished files lack, in octal; 027 hides them from others.",
        0o022,
        shown="022",
    )
    downloads_group: Annotated[str, BeforeValidator(forms.group)] | None = setting(
        "Data and files", "The group finished files belong to.", shown="the bot's own"
    )
    download_sites: Annotated[str, BeforeValidator(forms.sites)] = setting(
        "Data and files",
        f"Where videos may come from, with commas between: {forms.SITES}, "
        "or the address of a folder of videos, ending in /.",
        "youtube",
    )

    encryption_keys: Annotated[SecretStr, BeforeValidator(forms.keys)] | None = setting(
        "Keys",
        "The keys for stored secrets as id:base64, with commas between; "
        "the first one encrypts, all of them decrypt.",
        shown="made at the first start, in DATA_DIR/keys",
    )
    encryption_key: Annotated[SecretStr, BeforeValidator(forms.key)] | None = setting(
        "Keys",
        "Instead of ENCRYPTION_KEYS: one key of 32 bytes in base64, or a passphrase; "
        "beside them, it only decrypts.",
    )

    public_url: Url | None = setting(
        "Web pages",
        "How browsers reach the bot's pages from outside, like "
        "https://nest.example.org; it may end in a path.",
    )
    web_host: Annotated[str, BeforeValidator(forms.host)] = setting(
        "Web pages", "The address the bot's pages are served on.", "127.0.0.1"
    )
    web_port: Annotated[int, BeforeValidator(forms.port)] = setting(
        "Web pages", "The port the bot's pages are served on.", 8080
    )
    trusted_proxies: Proxies = setting(
        "Web pages",
        "The addresses or networks of reverse proxies whose word on who visits is "
        "taken, with commas between, like 172.18.0.0/16.",
        (),
    )

    admins: Annotated[tuple[Account, ...], BeforeValidator(chats.accounts)] = setting(
        "People and log",
        "Who is an admin from the start: chat:id, with commas between, "
        "like telegram:123456 or discord:123456.",
        (),
    )
    household_chats: Chats = setting(
        "People and log",
        "Group chats of the household: chat:id, or chat:id:thread for one topic or "
        "channel, with commas between, like telegram:-100123456 or discord:123:456.",
        (),
    )
    admin_chats: Chats = setting(
        "People and log",
        "Group chats of the admins, written the same way.",
        (),
    )
    announce: YesNo = setting(
        "People and log",
        "Whether the bot also says in the household's chat when what somebody asked "
        "for there has come: yes or no.",
        False,
        "no",
    )
    household_name: Annotated[str, BeforeValidator(house.household)] | None = setting(
        "People and log",
        "What the household is called on the sign-in page.",
        shown="the name of the Plex server",
    )
    limit_commands: Limit = setting(
        "People and log", "How many commands a person may give within a minute.", 100
    )
    limit_requests: Limit = setting(
        "People and log", "How many titles a person may ask for within an hour.", 20
    )
    limit_downloads: Limit = setting(
        "People and log", "How many downloads a person may start within an hour.", 5
    )
    log_level: Annotated[str, BeforeValidator(forms.log_level)] = setting(
        "People and log",
        "The least important lines to log: debug, info, warning or error.",
        "info",
    )
    log_format: Annotated[str, BeforeValidator(forms.log_format)] = setting(
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

    @property
    def household_places(self) -> tuple[Chat, ...]:
        """Group chats of the household, and its servers as a whole."""
        servers = (Chat("discord", guild) for guild in self.discord_guilds)
        return tuple(dict.fromkeys((*self.household_chats, *servers)))

    @property
    def limits(self) -> tuple[int, int, int]:
        """Commands a minute, requests and downloads an hour, for each person."""
        return self.limit_commands, self.limit_requests, self.limit_downloads

    def secret_values(self) -> tuple[str, ...]:
        """All that must never appear in a log line."""
        values = (getattr(self, name) for name in type(self).model_fields)
        texts = [one.get_secret_value() for one in values if isinstance(one, SecretStr)]
        return (
            *texts,
            *chats.parts_of_tokens(self.telegram_token, self.discord_token),
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
    complaints += together.complaints(found)
    texts = {field: one.text for field, one in found.items() if one.text is not None}
    try:
        settings = Settings.model_validate(texts)
    except ValidationError as error:
        complaints += sources.complaints(error, found)
    if complaints:
        raise WrongSettings(tuple(complaints))
    return settings


def names_of(field: str) -> tuple[str, ...]:
    """What a setting may be called, its own name first."""
    name = field.upper()
    if name.startswith("OVERSEERR_"):
        return name, name.removeprefix("OVER")
    return (name,)
