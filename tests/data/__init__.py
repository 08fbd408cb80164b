"""Tests of the data wing."""
