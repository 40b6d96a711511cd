"""MLflow as a ledger: written after commit from our rows, idempotent, rebuildable, never waited for."""
