"""The prediction log, read once, and kept by reference so that labels find their predictions."""
