"""Commands of the platform: they join ``bottega`` by the entry point ``bottega_platform.cli:app``."""

import typer

from bottega_platform.cli import doctor, manage, platform, users

app = typer.Typer()
app.command()(platform.up)
app.command()(platform.down)
app.command()(platform.status)
app.command()(platform.logs)
app.command()(doctor.doctor)
app.command()(manage.verify)
app.command()(manage.sweep)
app.command()(manage.demo)
app.add_typer(users.app)

__all__ = ["app"]
