"""Traffic of endpoints, and predictions passed to a serving node."""
