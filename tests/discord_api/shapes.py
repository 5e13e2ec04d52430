"""Servers, channels, members and the bot itself, as JSON has them."""

from __future__ import annotations

from tests.discord_api.refused import Raw
from tests.discord_api.world import Channel, Guild, Person, World


def channel_raw(world: World, channel: Channel) -> Raw:
    said: Raw = {"id": str(channel.id), "flags": 0, "last_message_id": None}
    if channel.guild is None:
        others = [one.raw for one in channel.people if one is not world.me]
        return said | {"type": 1, "recipients": others}
    if channel.parent is not None:
        return said | _thread(world, channel)
    mine = {"id": str(world.me.id), "type": 1, "allow": "0"}
    return said | {
        "type": 0,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": 0,
        "permission_overwrites": [mine | {"deny": str(channel.denied)}],
        "nsfw": False,
        "topic": None,
        "parent_id": None,
        "rate_limit_per_user": 0,
    }


def _thread(world: World, channel: Channel) -> Raw:
    assert channel.guild is not None
    about = {"archived": False, "auto_archive_duration": 1440, "locked": False}
    return {
        "type": 11,
        "guild_id": str(channel.guild.id),
        "parent_id": str(channel.parent),
        "owner_id": str(channel.guild.owner),
        "name": channel.name,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "total_message_sent": 0,
        "member_count": 1,
        "thread_metadata": about | {"archive_timestamp": world.now_text()},
    }


def member_raw(guild: Guild, person: Person) -> Raw:
    return {
        "user": person.raw,
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [str(one.id) for one in guild.members.get(person.id, [])],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }


def guild_raw(guild: Guild) -> Raw:
    empty = (
        "icon description home_header splash discovery_splash banner application_id "
        "afk_channel_id system_channel_id widget_channel_id max_presences "
        "vanity_url_code rules_channel_id safety_alerts_channel_id "
        "public_updates_channel_id incidents_data"
    )
    zero = (
        "afk_timeout system_channel_flags verification_level "
        "default_message_notifications mfa_level explicit_content_filter "
        "max_stage_video_channel_users max_video_channel_users premium_tier "
        "premium_subscription_count nsfw_level"
    )
    said: Raw = dict.fromkeys(empty.split()) | dict.fromkeys(zero.split(), 0)
    return said | {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner),
        "features": [],
        "region": "deprecated",
        "widget_enabled": False,
        "max_members": 500_000,
        "roles": [one.raw for one in guild.roles],
        "preferred_locale": guild.locale,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "emojis": [],
        "stickers": [],
    }


def guild_create(world: World, guild: Guild) -> Raw:
    """What the gateway tells of a server, besides what REST tells."""
    own = [one for one in world.channels.values() if one.guild is guild]
    return guild_raw(guild) | {
        "joined_at": "2026-01-01T00:00:00+00:00",
        "large": False,
        "member_count": len(guild.members),
        "members": [member_raw(guild, world.me)],
        "channels": [channel_raw(world, one) for one in own if not one.parent],
        "threads": [channel_raw(world, one) for one in own if one.parent],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_raw(world: World) -> Raw:
    owner = next((one for one in world.people.values() if not one.is_bot), world.me)
    return {
        "id": str(world.me.id),
        "name": world.me.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": owner.raw,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def me_raw(world: World) -> Raw:
    own = {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}
    return world.me.raw | own
