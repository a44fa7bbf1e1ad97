"""Rights requests of data subjects."""
