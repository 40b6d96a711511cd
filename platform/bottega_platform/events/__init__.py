"""Live events: one LISTEN hub for each web process, server-sent event streams."""
