"""The store of verified folders on disk."""
