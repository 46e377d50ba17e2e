"""Files on other machines, by their addresses."""
