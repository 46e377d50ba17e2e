"""What the concept tower tells of a place beside its classes: colours and people."""

COLOURS = (
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
)
"""The eleven basic colour terms of English (Berlin and Kay, 1969)."""
PEOPLE = ("person", "people")
"""One who is alone in the frame, and one of several."""
