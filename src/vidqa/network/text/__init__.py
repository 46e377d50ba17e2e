"""Tokenizers and chat templates, and readable text from ids."""
