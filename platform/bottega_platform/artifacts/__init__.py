"""Content-addressed blobs and the log store."""
