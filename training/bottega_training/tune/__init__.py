"""Studies: one coordinator asks and tells; trials are jobs of their own."""
