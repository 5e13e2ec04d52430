"""What a person can ask: one small file for each command."""
