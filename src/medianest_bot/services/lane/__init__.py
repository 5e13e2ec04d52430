"""The child process that runs yt-dlp; nothing else in the bot imports yt_dlp."""
