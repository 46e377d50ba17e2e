"""From frames and a prompt to the next token."""
