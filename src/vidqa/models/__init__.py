"""What is known of models, where they come from, and where they are."""
