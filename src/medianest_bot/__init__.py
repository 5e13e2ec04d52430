"""The chat bot for a household with a media server."""
