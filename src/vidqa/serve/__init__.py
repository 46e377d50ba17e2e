"""One warm process that answers over HTTP and over a Unix socket, and how a command finds it."""
