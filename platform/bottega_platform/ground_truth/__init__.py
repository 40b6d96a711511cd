"""Ground truth: labels that arrive after the prediction, and the quality they show."""
