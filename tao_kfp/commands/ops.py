"""`tao-kfp ops`: the operators, and the first file of a new one."""

from __future__ import annotations

import functools
import importlib.util
import keyword
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from tao_kfp.errors import UsageError

if TYPE_CHECKING:
    from tao_kfp.catalog import Action


@click.group(invoke_without_command=True)
@click.pass_context
def ops(context: click.Context) -> None:
    """List the operators, and those of installed plug-ins; `new` writes one of your own."""
    if context.invoked_subcommand is None:
        _list()


@ops.command()
@click.argument("name")
@click.option("--network", default="classification", metavar="NETWORK", help="TAO network. Default classification.")
@click.option("--action", default="evaluate", metavar="ACTION", help="What of it to run. Default evaluate.")
@click.option("--release", metavar="VERSION", help="TAO release. Default: that of a pipeline.")
@click.option("--directory", default=".", metavar="DIR", help="Where to write. Default: here.")
def new(name: str, network: str, action: str, release: str | None, directory: str) -> None:
    """Write an operator NAME, such as ConfusionMatrixOp or confusion-matrix, and its test.

    It runs one action of a TAO network, with every argument that the action needs. Change it as you like;
    no file that is there is overwritten.
    """
    class_name, module = _names(name)
    paths = [os.path.normpath(os.path.join(directory, file)) for file in (f"{module}.py", f"test_{module}.py")]
    _check_free(class_name, module, directory, paths)
    row, arguments = _arguments(release, network, action)
    in_package = os.path.exists(os.path.join(directory, "__init__.py"))
    texts = [
        _op_text(class_name, row, arguments),
        _test_text(class_name, f".{module}" if in_package else module, release, row, arguments),
    ]
    for path, text in zip(paths, texts, strict=True):
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{path!r} cannot be written: {error.strerror}", fix="give another --directory") from error
        click.echo(f"made {path}")
    click.echo("to publish it as a plug-in, add to the pyproject.toml of its package:")
    click.echo(f'\n[project.entry-points."tao_kfp.ops"]\n{class_name} = "{module}:{class_name}"')


def _list() -> None:
    import tao_kfp
    from tao_kfp import plugins

    given, skipped = plugins.rows(plugins.OPS, tao_kfp.__all__, functools.partial(getattr, tao_kfp))
    own = [name for name in tao_kfp.__all__ if name.endswith("Op")]
    width = max(map(len, [*own, *given]))
    for name in own:
        click.echo(f"{name:<{width}}  {(getattr(tao_kfp, name).__doc__ or '').strip().splitlines()[0]}")
    for name, what in given.items():
        click.echo(f"{name:<{width}}  {what}")
    for line in skipped:
        click.echo(f"warning: {line}", err=True)


# Names ---------------------------------------------------------------------------------------------


def _names(name: str) -> tuple[str, str]:
    """The class and the module of a new op: `confusion-matrix` gives ConfusionMatrixOp and confusion_matrix."""
    words = "".join(word[:1].upper() + word[1:] for word in re.split("[-_]+", name))
    base = words.removesuffix("Op")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) or not base:
        raise UsageError(f"{name!r} is no name for an op", fix="write it as in ConfusionMatrixOp or confusion-matrix")
    module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", base).lower()
    if keyword.iskeyword(module):
        raise UsageError(
            f"{module!r} is a word of Python's own, so {module}.py could not be imported", fix="use another name"
        )
    return f"{base}Op", module


def _check_free(class_name: str, module: str, directory: str, paths: Sequence[str]) -> None:
    """Refuse what would overwrite a file, or hide something that is there."""
    import tao_kfp
    from tao_kfp import plugins

    if not os.path.isdir(directory):
        raise UsageError(f"there is no folder {directory!r}", fix="make it first, or give another --directory")
    if class_name in tao_kfp.__all__:
        raise UsageError(f"tao_kfp has a {class_name} already", fix="use another name")
    taken = plugins.found(plugins.OPS).get(class_name)
    if taken:
        raise UsageError(f"there is a {class_name} already, in {taken[0]}", fix="use another name")
    for path in paths:
        if os.path.lexists(path):
            raise UsageError(f"{path!r} is there already", fix="use another name or --directory; nothing was written")
    spec = None if module in sys.stdlib_module_names else importlib.util.find_spec(module)
    if module in sys.stdlib_module_names or (spec and spec.origin):  # a folder that is no package has no origin
        raise UsageError(f"{module}.py would hide the Python module {module!r}", fix="use another name")


# What the action takes -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Argument:
    """One argument of the op, and the option of the command that it fills.

    Attributes:
        option: Its name in the op's `options`; empty where it is none of them, as `num_gpus`.
        value: What the option gets, as Python text.
        name: The argument's name; empty where the op fills the option itself, as the key.
        type: Its type, as Python text.
        default: Its default, as Python text; empty where the action cannot do without.
        what: What the docstring says of it.
        example: A value for the test.
    """

    option: str
    value: str
    name: str = ""
    type: str = ""
    default: str = ""
    what: str = ""
    example: Any = None


# The arguments for the roles of paths: what the option gets, what the docstring says, and a value for the test.
_PATHS = {
    "spec": ("tao.Reads(spec)", "Spec file in the workspace.", "specs/example"),
    "results": ("tao.Writes(results)", "Folder of the workspace for what the step leaves.", "results"),
    "model": ("tao.Reads(model, produced=True)", "Model of an earlier step, or `tao.Existing(PATH)`.", "models/example"),
    "output": ("tao.Writes(output)", "What the step writes, in the workspace.", "results/output"),
    "images": ("tao.Reads(images)", "Folder of images in the workspace.", "data/images"),
    "classmap": ("tao.Reads(classmap)", "File of the classes in the workspace.", "data/classmap.json"),
}  # fmt: skip

_TYPES: dict[str, tuple[str, Any]] = {"int": ("int", 1), "float": ("float", 0.5), "flag": ("bool", True)}


def _arguments(release: str | None, network: str, action: str) -> tuple[Action, list[_Argument]]:
    """What an op for this action takes: what has a role, and the other flags that the action requires.

    All that this file knows of the catalogue is here.
    """
    from tao_kfp import catalog

    row = catalog.default().action(release or catalog.DEFAULT_RELEASE, network, action)
    reads_flags = row.dialect == "argparse"
    names = dict(row.roles) if reads_flags else {"spec": "-e", **row.roles}
    arguments = []
    filled = set()
    for role, (value, what, example) in _PATHS.items():
        if role in names and names[role] not in filled:  # some networks have one flag for results and output
            filled.add(names[role])
            example += {"spec": ".cfg" if reads_flags else ".yaml"}.get(role, "")
            required = row.flags[names[role]].required if reads_flags else role == "spec"
            type_ = "str | tao.Existing" if required else "str | tao.Existing | None"
            arguments.append(_Argument(role, value, role, type_, "" if required else "None", what, example))
    if "key" in names and reads_flags:  # commands that read a spec file need none
        filled.add(names["key"])
        arguments.append(_Argument("key", "tao.Key()"))
    if row.gpu:
        arguments.append(_Argument("", "", "num_gpus", "int", "1", "GPUs, also the limit of the pod."))
    used = {"self", "name", "num_gpus", *(argument.name for argument in arguments)}
    for flag in row.flags.values():
        if not flag.required or flag.name in filled:
            continue
        name = re.sub(r"\W", "_", flag.name)
        name = f"{name}_" if name in used or keyword.iskeyword(name) else name
        used.add(name)
        type_, example = _TYPES.get(flag.type, ("str", flag.choices[0] if flag.choices else f"data/{name}"))
        option = flag.flags[0] if flag.name in names else flag.name  # its name would be taken for the role
        arguments.append(_Argument(option, name, name, type_, what=f"TAO's `{flag.flags[0]}`.", example=example))
    return row, arguments


# What is written -----------------------------------------------------------------------------------


def _op_text(class_name: str, row: Action, arguments: Sequence[_Argument]) -> str:
    given = [argument for argument in arguments if argument.name]
    signature = ["        *,\n"] if given else []
    signature += [
        f"        {argument.name}: {argument.type}{f' = {argument.default}' if argument.default else ''},\n"
        for argument in given
    ]
    defaults = {"": "", "None": " Default: left out.", "1": " Default 1."}
    docs = [f"        {argument.name}: {argument.what}{defaults[argument.default]}\n" for argument in given]
    options = [
        f"                {_literal(argument.option)}: {argument.value},\n" for argument in arguments if argument.option
    ]
    gpus = "            num_gpus=num_gpus,\n" if row.gpu else ""
    return f'''"""{class_name}: `{row.network} {row.name}` of TAO as a step of a pipeline."""

import tao_kfp as tao


class {class_name}(tao.TaoOp):
    """Run `{row.network} {row.name}`.

    Args:
        name: Name of the step.
{"".join(docs)}    """

    def __init__(
        self,
        name: str,
{"".join(signature)}    ) -> None:
        super().__init__(
            name,
            network={_literal(row.network)},
            action={_literal(row.name)},
            options={{
{"".join(options)}            }},
{gpus}        )
'''


def _test_text(class_name: str, module: str, release: str | None, row: Action, arguments: Sequence[_Argument]) -> str:
    values = []
    for argument in arguments:
        text = _literal(argument.example)
        # No step of the test's pipeline writes the model.
        text = f"tao.Existing({text})" if "produced=True" in argument.value else text
        values += [f"            {argument.name}={text},\n"] if argument.name and argument.option else []
    settings = f", release={_literal(release)}" if release else ""
    words = [f"        {_literal(word)},\n" for word in _words(release, row, arguments)]
    return f'''"""The whole command that {class_name} runs."""

import tao_kfp as tao
from tao_kfp.text import render

from {module} import {class_name}


def test_the_command():
    @tao.pipeline(name="one-step"{settings})
    def one_step():
        {class_name}(
            "step",
{"".join(values)}        )

    step = one_step.build().steps["step"]
    words = [*step.command, *step.arguments]
    # A value that is known only at run time, such as the key, reads as $(NAME).
    assert [render(word, lambda value: f"$({{value.name}})") for word in words] == [
{"".join(words)}    ]
'''


def _words(release: str | None, row: Action, arguments: Sequence[_Argument]) -> list[str]:
    """The command that the op runs with the test's values."""
    import tao_kfp as tao
    from tao_kfp.text import render

    options = {
        argument.option: tao.Reads(tao.Existing(argument.example)) if argument.option in _PATHS else argument.example
        for argument in arguments
        if argument.option
    }
    options = {option: tao.Key() if value is None else value for option, value in options.items()}

    @tao.pipeline(name="one-step", release=release)
    def one_step() -> None:
        tao.TaoOp("step", network=row.network, action=row.name, options=options)

    step = one_step.build().steps["step"]
    return [render(word, lambda value: f"$({value.name})") for word in (*step.command, *step.arguments)]


def _literal(value: Any) -> str:
    """A value as Python text, with the quotes that formatters write."""
    import json  # only here: `tao-kfp --help` imports this file

    return json.dumps(value) if isinstance(value, str) else repr(value)
