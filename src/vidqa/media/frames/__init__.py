"""The pictures of a clip at given moments."""
