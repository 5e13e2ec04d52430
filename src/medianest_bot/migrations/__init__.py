"""How the tables came to be: Alembic, loaded only when something is missing."""
