"""How one setting is declared: its form, its group, what it does, its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic.config import JsonDict

from medianest_bot import _settings_chats as chats
from medianest_bot import _settings_forms as forms
from medianest_bot import _settings_house as house
from medianest_bot._settings_chats import Chat

Url = Annotated[str, BeforeValidator(forms.url)]
Folder = Annotated[Path, BeforeValidator(forms.folder)]
Token = Annotated[SecretStr, BeforeValidator(forms.token)]
Password = Annotated[SecretStr, BeforeValidator(forms.password)]
TelegramToken = Annotated[SecretStr, BeforeValidator(chats.telegram)]
DiscordToken = Annotated[SecretStr, BeforeValidator(chats.discord)]
Guilds = Annotated[tuple[str, ...], BeforeValidator(chats.guilds)]
Chats = Annotated[tuple[Chat, ...], BeforeValidator(chats.chats)]
YesNo = Annotated[bool, BeforeValidator(forms.yes_no)]
Limit = Annotated[int, BeforeValidator(house.limit)]
Proxies = Annotated[tuple[house.Network, ...], BeforeValidator(house.networks)]


def setting(group: str, description: str, default: Any = None, shown: str = "") -> Any:
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
