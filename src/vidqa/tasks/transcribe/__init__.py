"""What is said in clips, written down."""
