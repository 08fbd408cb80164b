"""The version of headstart: it is written here and nowhere else."""

__version__ = "0.2.0"
