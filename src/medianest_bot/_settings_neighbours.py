"""The settings of the neighbours: the services the bot asks, the chats it is in."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import BaseSettings

from medianest_bot import _settings_forms as forms
from medianest_bot._settings_field import (
    DiscordToken,
    Guilds,
    Password,
    TelegramToken,
    Token,
    Url,
    YesNo,
    setting,
)


class NeighbourSettings(BaseSettings):
    """Where each neighbour is, and what opens its door."""

    plex_url: Url | None = setting(
        "Plex", "Where your Plex Media Server answers, like http://192.168.1.5:32400."
    )
    plex_token: Token | None = setting(
        "Plex", "The token of the server's owner; the bot reads the library with it."
    )
    plex_tv_url: Url = setting(
        "Plex", "Where Plex accounts are looked up.", "https://plex.tv"
    )
    plex_auth_url: Url = setting(
        "Plex",
        "The page on which people sign in to Plex.",
        "https://app.plex.tv/auth",
    )

    overseerr_url: Url | None = setting(
        "Overseerr or Seerr",
        "Where Overseerr or Seerr answers, like http://192.168.1.5:5055.",
    )
    overseerr_api_key: Token | None = setting(
        "Overseerr or Seerr", "Its API key, from its settings page under General."
    )
    overseerr_import_users: YesNo = setting(
        "Overseerr or Seerr",
        "Whether who signs in with Plex becomes a user there when they are none yet.",
        True,
        "yes",
    )

    uptime_kuma_url: Url | None = setting(
        "Uptime Kuma", "Where Uptime Kuma answers, like http://192.168.1.5:3001."
    )
    uptime_kuma_username: Annotated[str, BeforeValidator(forms.user)] | None = setting(
        "Uptime Kuma", "The user to sign in as; needed only the first time."
    )
    uptime_kuma_password: Password | None = setting(
        "Uptime Kuma", "That user's password; only the token it gives is kept."
    )
    uptime_kuma_totp: Annotated[SecretStr, BeforeValidator(forms.totp)] | None = (
        setting(
            "Uptime Kuma",
            "The six digits of the moment, where that user has two-factor sign-in.",
        )
    )
    uptime_kuma_api_key: Token | None = setting(
        "Uptime Kuma", "An API key: states are read with it while signing in fails."
    )
    uptime_kuma_status_page: (
        Annotated[str, BeforeValidator(forms.status_page)] | None
    ) = setting(
        "Uptime Kuma",
        "The short name of a status page, read when nothing else is possible.",
    )

    telegram_token: TelegramToken | None = setting(
        "Telegram", "The bot's token, as BotFather gives it: 123456:ABC…."
    )
    telegram_webhook: YesNo = setting(
        "Telegram",
        "Whether Telegram brings updates to PUBLIC_URL (yes) or the bot fetches them.",
        False,
        "no",
    )
    telegram_api_url: Url = setting(
        "Telegram",
        "Where Telegram's Bot API answers; another one for a server of your own.",
        "https://api.telegram.org",
    )
    telegram_file_url: Url = setting(
        "Telegram",
        "Where that server gives files away.",
        lambda values: values["telegram_api_url"],
        shown="TELEGRAM_API_URL",
    )

    discord_token: DiscordToken | None = setting(
        "Discord", "The bot's token, from its page Bot in the developer portal."
    )
    discord_guilds: Guilds = setting(
        "Discord",
        "The household's servers, by their ids, with commas between: who is a member "
        "of one is served.",
        (),
    )
    discord_api_url: Url | None = setting(
        "Discord",
        "Where a test server plays Discord, together with DISCORD_GATEWAY_URL.",
        shown="Discord itself",
    )
    discord_gateway_url: Annotated[str, BeforeValidator(forms.gateway)] | None = (
        setting(
            "Discord",
            "That test server's gateway, like ws://127.0.0.1:8000/gateway.",
            shown="Discord itself",
        )
    )
