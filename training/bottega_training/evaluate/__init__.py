"""Metrics with intervals, curves and segments; every number can be recomputed with scikit-learn."""
