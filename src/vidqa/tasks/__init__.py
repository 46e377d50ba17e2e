"""What people do with models and answers."""
