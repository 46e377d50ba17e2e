"""Read the frames of a clip at given times."""
