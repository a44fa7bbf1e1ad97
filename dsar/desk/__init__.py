"""The desk: what the case page says and does. Rules are elsewhere; this shows them and passes on what staff enter."""
