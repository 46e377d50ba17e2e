"""The checks of `vidqa doctor`, one subject per file."""
