"""The services that `bottega up` brings along: PostgreSQL, two Valkey instances, Spark Connect and MLflow."""
