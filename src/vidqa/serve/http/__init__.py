"""What comes in over HTTP, and who may ask."""
