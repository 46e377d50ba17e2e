"""The authors' files, turned into one folder that transformers loads."""
