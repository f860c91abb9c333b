"""The command line, `tao-kfp`. Thin: each command calls the library, and imports it when it runs."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tao_kfp import __version__
from tao_kfp.errors import TaoKfpError, UsageError

if TYPE_CHECKING:
    from tao_kfp.pipelines.builder import Pipeline
    from tao_kfp.targets import Compiled

# The commands that have a file of their own in `tao_kfp/commands/`, of the same name; here with the first line of
# their help, so that `tao-kfp --help` need not import them.
_COMMANDS = {
    "models": "Find NVIDIA's models on NGC, and download them into a workspace.",
    "networks": "List TAO's networks and actions.",
    "ops": "List the operators, and those of installed plug-ins; `new` writes one of your own.",
    "spec": "Make, check and change TAO's spec files.",
}

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _run(main: Callable[..., Any], *args: Any, **extra: Any) -> Any:
    """Run click so that every error is one line: exit code 2 for what the user can mend."""
    if not extra.pop("standalone_mode", True):
        return main(*args, standalone_mode=False, **extra)
    with _one_line():
        sys.exit(main(*args, standalone_mode=False, **extra) or 0)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except TaoKfpError as error:
        _end(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        sys.exit(2)
    except click.ClickException as error:
        _end(error.format_message(), 2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        if os.environ.get("TAO_KFP_DEBUG"):
            raise
        _end(f"{type(error).__name__}: {error}; this is a fault of tao-kfp: TAO_KFP_DEBUG=1 shows where", 2)


def _end(message: str, code: int) -> NoReturn:
    click.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(code)


class _Group(click.Group):
    """A group whose errors are one line, with the commands of `tao_kfp.commands` as well."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run it as `_run` does."""
        return _run(super().main, *args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command, imported only when it is asked for."""
        if name in _COMMANDS:
            command: click.Command = getattr(importlib.import_module(f"tao_kfp.commands.{name}"), name)
            return command
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with what each is for."""
        own = {name: command.get_short_help_str(limit=90) for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted({**own, **_COMMANDS}.items()))


def _build_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how a pipeline is built; `compile`, `show` and `check` share them."""
    options = [
        click.option(
            "--set",
            "values",
            multiple=True,
            metavar="NAME=VALUE",
            help="Another default for a run parameter; may be repeated.",
        ),
        click.option(
            "--workspace",
            metavar="WORKSPACE",
            help="claim:NAME[/SUB_PATH], hostpath:/PATH@NODE (@KEY=VALUE, @* for any) or newclaim:SIZE[,MODE][,STORAGE_CLASS].",
        ),
        click.option("--mount", metavar="DIR", help="Where every step sees the workspace."),
        click.option("--release", metavar="VERSION", help="TAO release, such as 7.1."),
        click.option("--catalog", metavar="FILE", help="A catalogue of your own, which adds networks and images."),
        click.option("--image", metavar="IMAGE", help="Image for the TAO steps instead of the release's."),
        click.option("--pull-image", metavar="IMAGE", help="Image that has ngc, as docker/build.sh pushed it."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _package_options(function: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option(
            "--target",
            default=None,
            metavar="[kfp|argo]",
            help="kfp: today's Kubeflow (default). argo: Argo Workflows and Kubeflow Pipelines v1.",
        ),
        click.option("-o", "--output", metavar="FILE", help="Package to write, .tar.gz or .yaml."),
        click.option(
            "--kfp-backend",
            metavar="VERSION",
            help="Oldest Kubeflow Pipelines backend that must accept the package, as in 2.16.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="tao-kfp")
def main() -> None:
    """Run NVIDIA TAO training as Kubeflow pipelines.

    PIPELINE is the name of a ready-made pipeline (see `tao-kfp pipelines`) or a Python file with a
    function decorated with @tao.pipeline.
    """


@main.command("compile")
@click.argument("pipeline")
@_package_options
@_build_options
def compile_(pipeline: str, target: str | None, output: str | None, kfp_backend: str | None, **options: Any) -> None:
    """Write the package of PIPELINE.

    NAME.tar.gz is ready for the upload dialog of Kubeflow; with --target argo, a .yaml is ready for
    `kubectl apply`.
    """
    found = _find(pipeline)
    path = output if output is not None else f"{_stem(pipeline)}.tar.gz"
    _report(
        found,
        found.compile(
            _not_a_script(path), target=target or "kfp", kfp_backend=kfp_backend, **_settings(found, options)
        ),
    )


@main.command()
@click.argument("pipeline")
@click.option(
    "--format", "form", default="text", metavar="[text|mermaid|dot|svg]", help="How to draw it. Default text."
)
@_build_options
def show(pipeline: str, form: str, **options: Any) -> None:
    """Draw the steps of PIPELINE and what each waits for."""
    from tao_kfp.pipelines.show import FORMATS
    from tao_kfp.pipelines.show import show as draw

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", fix=f"use {', '.join(FORMATS)}")
    found = _find(pipeline)
    click.echo(draw(found.build(**_settings(found, options)), form), nl=False)


@main.command()
@click.argument("pipeline")
@_package_options
@_build_options
@click.option(
    "--files", metavar="DIR", help="Folder that holds the workspace's files. Default: PIPELINE's, then this one."
)
def check(
    pipeline: str, target: str | None, output: str | None, kfp_backend: str | None, files: str | None, **options: Any
) -> None:
    """Check every rule of PIPELINE, and the spec files that are here, and write nothing.

    Prints every error of the graph and of the spec files, and what the target (kfp, or --target) cannot do.
    """
    from tao_kfp.pipelines import rules, spec_files
    from tao_kfp.pipelines.find import folders_of
    from tao_kfp.targets import archive, render

    found = _find(pipeline)
    graph = found.unchecked(**_settings(found, options))
    errors = list(rules.check(graph))
    for error in errors:
        click.echo(f"error: {error}", err=True)
    if errors:
        sys.exit(errors[0].exit_code)
    if output:
        archive.check_path(output)
    render(graph, target or "kfp", kfp_backend=kfp_backend)
    folders = folders_of(pipeline) if files is None else [files]
    specs = spec_files.check(graph, folders)
    wrong = [str(error) for error in spec_files.checkpoints(graph, folders)]
    for line in wrong:
        click.echo(f"error: {line}", err=True)
    for text, steps in spec_files.lines(specs).items():
        wrong += [text] * (": error: " in text)
        click.echo(f"{text} (step {', '.join(map(repr, steps))})", err=True)
    if wrong:
        sys.exit(2)
    for path in dict.fromkeys(spec.path for spec in specs if not spec.file):
        click.echo(f"note: the spec file {path!r} is not here, and was not checked")
    unused = rules.unused_parameters(graph)
    for name in unused:
        click.echo(f"note: the parameter {name!r} is used by no step")
    here = len({spec.path for spec in specs if spec.file})
    counts = f"{len(graph.steps)} steps, {len(graph.parameters)} parameters" + (f", {here} spec files" if here else "")
    click.echo(f"{graph.name}: ok, {counts}")


@main.command()
def pipelines() -> None:
    """List the ready-made pipelines, and those of installed plug-ins."""
    from tao_kfp import plugins
    from tao_kfp.pipelines.find import READY_MADE, find

    for name, (_, _, what) in READY_MADE.items():
        click.echo(f"{name}  {what}")
    given, skipped = plugins.rows(plugins.PIPELINES, READY_MADE, find)
    for name, what in given.items():
        click.echo(f"{name}  {what}")
    for line in skipped:
        click.echo(f"warning: {line}", err=True)


@main.command()
@click.argument("directory", metavar="DIR")
def init(directory: str) -> None:
    """Make a workspace folder and a first pipeline in DIR.

    It gets the workspace layout, the spec files and a tao_pipeline.py to change. A file that is there already is kept as it is.
    """
    from tao_kfp.starter import copy_to

    for path, made in copy_to(directory):
        click.echo(f"{'made' if made else 'kept'} {path}")


def script(pipeline: Pipeline, file: str, defaults: dict[str, Any]) -> Compiled:
    """The command line of a pipeline's own script, as `python tao_pipeline.py --target argo`.

    Args:
        pipeline: The pipeline that the script compiles.
        file: The script; the package has its name and place.
        defaults: What the script passed to `.compile()`; the command line wins.
    """
    from tao_kfp.pipelines.builder import package_path

    @click.command(context_settings=_CONTEXT, help=f"Write the package of the pipeline {pipeline.name}.")
    @_package_options
    @_build_options
    def command(target: str | None, output: str | None, kfp_backend: str | None, **options: Any) -> Any:
        given = _settings(pipeline, options)
        given["values"] = {**(defaults.get("values") or {}), **given.get("values", {})}
        arguments = {
            **defaults,
            **given,
            "target": target or defaults["target"],
            "kfp_backend": kfp_backend or defaults["kfp_backend"],
        }
        compiled = pipeline.compile(_not_a_script(package_path(file) if output is None else output), **arguments)
        _report(pipeline, compiled)
        return compiled

    with _one_line():
        compiled: Compiled = command.main(sys.argv[1:], prog_name=os.path.basename(file), standalone_mode=False)
    if not hasattr(compiled, "path"):  # --help ended it
        sys.exit(0)
    return compiled


def _stem(pipeline: str) -> str:
    """The name of the package of PIPELINE: that of the file, or what follows it in FILE.py:NAME."""
    file, _, attribute = pipeline.rpartition(":") if ".py:" in pipeline else (pipeline, "", "")
    return attribute or os.path.basename(file).removesuffix(".py")


def _find(name: str) -> Pipeline:
    from tao_kfp.pipelines.find import find

    return find(name)


def _not_a_script(path: str) -> str:
    if path.endswith(".py"):
        raise UsageError(f"{path!r} is no package name", fix="end it in .tar.gz or .yaml")
    return path


def _settings(pipeline: Pipeline, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a command line as arguments of `Pipeline.build`."""
    from tao_kfp.workspace import parse

    given = {name: value for name, value in options.items() if value is not None and name != "values"}
    for name, value in given.items():
        if not value:
            raise UsageError(f"--{name.replace('_', '-')} is empty", fix="leave it out, or give a value")
    if "workspace" in given:
        given["workspace"] = parse(given["workspace"])
    values = {}
    for text in options["values"]:
        name, equals, value = text.partition("=")
        parameters = pipeline.parameters()
        if not equals or name not in parameters:
            raise UsageError(
                f"--set {text}: there is no parameter {name!r}" if equals else f"--set {text}: it has no value",
                fix=f"write NAME=VALUE; the parameters are {', '.join(parameters) or 'none'}",
                pipeline=pipeline.name,
            )
        try:
            values[name] = parameters[name].parse(value)
            parameters[name].with_default(values[name])
        except TaoKfpError as error:
            raise error.at(pipeline=pipeline.name, argument=f"--set {name}") from None
    return {**given, **({"values": values} if values else {})}


def _report(pipeline: Pipeline, compiled: Compiled) -> None:
    engine = {"kfp": "Kubeflow Pipelines v2", "argo": "Argo Workflows and Kubeflow Pipelines v1"}[compiled.target]
    click.echo(f"{compiled.path}: {pipeline.name} for {engine}")
    for note in compiled.notes:
        click.echo(f"  {note}")
