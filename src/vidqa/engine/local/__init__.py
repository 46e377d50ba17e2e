"""A model that is loaded in this process: what it is shown, and what it makes of it."""
