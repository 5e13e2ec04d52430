"""Tables, and one file of plain functions for each family of them."""
