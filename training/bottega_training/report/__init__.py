"""The report of a fitted model: one JSON document, and the predictions it was computed from."""
