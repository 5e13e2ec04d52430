"""One file, or a few private parts of it, for each chat people talk in."""
