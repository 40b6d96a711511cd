"""Durable work: job rows, leases, fences, workers, the outbox."""
