"""How a command finds a server, and what they say to each other."""
