"""Bad input: every case with the line it must come to."""
