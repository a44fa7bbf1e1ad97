"""Who we hold data about, and where it came from."""
