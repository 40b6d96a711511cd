"""Endpoints, deployments and serving nodes: what should be served, and how far it is."""
