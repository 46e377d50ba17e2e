"""Questions whose answers are known, asked and counted."""
