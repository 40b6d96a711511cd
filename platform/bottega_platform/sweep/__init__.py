"""Removing what nothing points at any more: ``bottega sweep``."""
