"""Media files opened, and what they say of themselves."""
