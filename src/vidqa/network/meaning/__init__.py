"""What sentences mean, as vectors."""
