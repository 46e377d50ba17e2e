"""A clip on its way to the model: its frames read and encoded, its words found."""
