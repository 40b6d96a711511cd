"""The commands that need no more than a control plane's address: what the package `bottega` alone offers."""

import typer

from bottega.cli import keys, resources, work

app = typer.Typer()
for command in (
    resources.login,
    resources.logout,
    resources.apply,
    resources.diff,
    resources.export,
    resources.get,
    resources.delete,
    resources.api,
    work.run,
    work.load,
    work.train,
    work.tune,
    work.register,
    work.deploy,
    work.rollback,
    work.predict,
    work.jobs,
    work.logs,
):
    app.command()(command)
app.add_typer(keys.app, name="key", help="API keys of endpoints.")
