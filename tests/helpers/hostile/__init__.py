"""Models made to do harm."""
