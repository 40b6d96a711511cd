"""Entities, feature views, feature services and what is loaded online."""
