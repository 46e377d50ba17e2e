"""What `vidqa doctor` looks at, one noun a file."""
