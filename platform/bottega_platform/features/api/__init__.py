"""The REST endpoints of features."""
