"""Convert the authors' files into one folder that transformers loads."""
