"""One answer, and what is to be known of it."""
