"""The places that files of models are fetched from."""
