"""Find the windows of clips that a question or query is about."""
