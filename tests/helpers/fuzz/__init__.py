"""Readers on mutated files."""
