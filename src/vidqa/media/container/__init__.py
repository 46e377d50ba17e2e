"""Open media files and read the metadata in them."""
