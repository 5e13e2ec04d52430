"""Where each operation is, named as Discord's description names it."""

from __future__ import annotations

_CHANNEL = "/channels/{channel_id}"
_TOKEN = "/webhooks/{webhook_id}/{webhook_token}"
_COMMANDS = "/applications/{application_id}/commands"

PATHS: dict[str, tuple[str, str]] = {
    "get_my_user": ("GET", "/users/@me"),
    "get_my_oauth2_application": ("GET", "/oauth2/applications/@me"),
    "get_my_application": ("GET", "/applications/@me"),
    "list_application_commands": ("GET", _COMMANDS),
    "bulk_set_application_commands": ("PUT", _COMMANDS),
    "create_interaction_response": (
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
    ),
    "execute_webhook": ("POST", _TOKEN),
    "get_original_webhook_message": ("GET", f"{_TOKEN}/messages/@original"),
    "update_original_webhook_message": ("PATCH", f"{_TOKEN}/messages/@original"),
    "delete_original_webhook_message": ("DELETE", f"{_TOKEN}/messages/@original"),
    "get_webhook_message": ("GET", f"{_TOKEN}/messages/{{message_id}}"),
    "update_webhook_message": ("PATCH", f"{_TOKEN}/messages/{{message_id}}"),
    "delete_webhook_message": ("DELETE", f"{_TOKEN}/messages/{{message_id}}"),
    "list_messages": ("GET", f"{_CHANNEL}/messages"),
    "create_message": ("POST", f"{_CHANNEL}/messages"),
    "get_message": ("GET", f"{_CHANNEL}/messages/{{message_id}}"),
    "update_message": ("PATCH", f"{_CHANNEL}/messages/{{message_id}}"),
    "delete_message": ("DELETE", f"{_CHANNEL}/messages/{{message_id}}"),
    "create_dm": ("POST", "/users/@me/channels"),
    "get_channel": ("GET", _CHANNEL),
    "trigger_typing_indicator": ("POST", f"{_CHANNEL}/typing"),
    "get_guild": ("GET", "/guilds/{guild_id}"),
    "get_guild_member": ("GET", "/guilds/{guild_id}/members/{user_id}"),
    "leave_guild": ("DELETE", "/users/@me/guilds/{guild_id}"),
    "list_my_guilds": ("GET", "/users/@me/guilds"),
    "get_gateway": ("GET", "/gateway"),
    "get_bot_gateway": ("GET", "/gateway/bot"),
    "get_user": ("GET", "/users/{user_id}"),
}
"""What is called @me or @original comes before what has a number there."""
