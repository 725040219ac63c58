"""`python -m deploy …`: each command in a module of its own."""

import typer

from deploy.package import package, write_requirements

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Package and deploy."
)
app.command("package")(package)
app.command("requirements")(write_requirements)

if __name__ == "__main__":
    app()
