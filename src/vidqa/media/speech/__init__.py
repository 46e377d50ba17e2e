"""What is heard in a sound."""
