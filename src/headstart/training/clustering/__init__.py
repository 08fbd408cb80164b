"""Clusters of vectors: methods, how many clusters there are, and what gives new rows theirs."""
