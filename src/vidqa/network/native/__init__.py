"""The starter's kind of model on modules of vidqa's own: torch is all that they import.

transformers computes the same numbers, but takes seconds to import.
"""
