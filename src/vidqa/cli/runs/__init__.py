"""Commands over many clips."""
