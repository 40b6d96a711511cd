"""Inspecting an upload: a bounded read, and guesses that a person corrects."""
