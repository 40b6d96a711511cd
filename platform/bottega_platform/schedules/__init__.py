"""Schedules: when a model is trained again, and what became of each time."""
