"""Loading feature views into the online store."""
