"""The agent: pulls desired state, verifies bundles, drives prepare and commit, reports what it observed."""
