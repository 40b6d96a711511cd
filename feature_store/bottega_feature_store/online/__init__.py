"""Reading and writing the online store."""
