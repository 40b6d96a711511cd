"""Training runs, studies and trials."""
