"""Killed and failing runs."""
