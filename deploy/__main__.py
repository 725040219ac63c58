"""`python -m deploy …`: each command in a module of its own."""

import typer

from deploy.down import destroy
from deploy.package import package, write_requirements
from deploy.up import deploy

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Package and deploy."
)
app.command("package")(package)
app.command("requirements")(write_requirements)
app.command("deploy")(deploy)
app.command("destroy")(destroy)

if __name__ == "__main__":
    app()
