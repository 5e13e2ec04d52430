"""The least a Discord bot can do: one pooled client, no records, no limits.

Answers `/search` as ours does, known words from memory. Ends with its input.

    python -m bench.discord_floor_bot API_URL GATEWAY_URL TOKEN SEERR_URL SEERR_KEY
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import discord
import httpx
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

Asked = discord.Interaction[discord.Client]


class Floor(discord.Client):
    def __init__(self, seerr: str, key: str) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self._http = httpx.AsyncClient(base_url=seerr, headers={"X-Api-Key": key})
        self._known: dict[str, list[str]] = {}
        self._tree = app_commands.CommandTree(self)
        command = self._tree.command(name="search", description="Search")(self._asked())
        command.autocomplete("title")(self._suggest)

        self.setup_hook = self._tree.sync  # type: ignore[assignment,method-assign]

    def _asked(self) -> Any:
        async def search(interaction: Asked, title: str) -> None:
            if names := self._known.get(title):
                answer = interaction.response.send_message
                await answer(view=layout(names), ephemeral=True)
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            names = await self._find(title)
            await interaction.edit_original_response(view=layout(names))

        return search

    async def _suggest(self, _: Asked, typed: str) -> list[app_commands.Choice[str]]:
        names = self._known.get(typed) or await self._find(typed)
        return [app_commands.Choice(name=name, value=name) for name in names]

    async def _find(self, title: str) -> list[str]:
        params = {"query": title, "page": "1"}
        answer = await self._http.get("/api/v1/search", params=params)
        found: list[dict[str, Any]] = answer.json()["results"][:10]
        names = [str(one.get("title") or one.get("name")) for one in found]
        self._known[title] = names
        return names


def layout(names: list[str]) -> ui.LayoutView:
    view, box = ui.LayoutView(timeout=None), ui.Container[Any]()
    for number, name in enumerate(names):
        button = ui.Button[Any](label="Ask for it", custom_id=f"{number}")
        box.add_item(ui.Section(f"**{name}**\nfilm", accessory=button))
    view.add_item(box)
    view.stop()
    return view


async def main(api: str, gateway: str, token: str, seerr: str, key: str) -> None:
    Route.BASE = f"{api}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    async with Floor(seerr, key) as floor:
        talking = asyncio.create_task(floor.start(token))
        await asyncio.to_thread(sys.stdin.read)
        talking.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
