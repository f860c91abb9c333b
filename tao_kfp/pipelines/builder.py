"""`@tao.pipeline`: a decorated function is a pipeline."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import fields, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tao_kfp import names
from tao_kfp.catalog import Catalog
from tao_kfp.errors import ParameterError, PipelineError, TaoKfpError
from tao_kfp.ops import scope
from tao_kfp.ops.container_op import ContainerOp
from tao_kfp.pipelines import parameters, rules
from tao_kfp.pipelines.complete import complete
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.parameters import Parameter
from tao_kfp.pipelines.settings import Settings
from tao_kfp.resources import Retry
from tao_kfp.secrets import SecretKey
from tao_kfp.text import refs, render, split
from tao_kfp.workspace import Workspace

if TYPE_CHECKING:
    from tao_kfp.targets import Compiled


# Set while a user's file is imported to look for its pipelines: it must not write anything then.
importing: ContextVar[bool] = ContextVar("tao_kfp_importing", default=False)


def pipeline(
    name: str,
    *,
    workspace: Workspace | None = None,
    mount: str | None = None,
    release: str | None = None,
    catalog: str | os.PathLike[str] | Catalog | None = None,
    image: str | None = None,
    pull_image: str | None = None,
    key: SecretKey | None = None,
    ngc_key: SecretKey | None = None,
    image_pull_secret: str | None = None,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[Any] | None = None,
    shm_size: str | None = None,
    retry: Retry | None = None,
    timeout: int | str | None = None,
) -> Callable[[Callable[..., object]], Pipeline]:
    """Make a pipeline of the function below it.

    The function's parameters are the run's parameters; each has a type (str, int, float, bool, list,
    dict, or `Literal[...]` for a drop-down) and a default. The ops made in it are the steps.

    Args:
        name: Name of the pipeline.
        workspace: `HostPath`, `Claim` or `NewClaim`. Default `Claim("tao-workspace")`.
        mount: Where every step sees the workspace. Default `/mnt/workspace`.
        release: TAO release, such as `7.1`. Default 3.21.08.
        catalog: A catalogue file of your own, which adds networks and images (docs/catalog.md). Default: none.
        image: Image for the TAO steps. Default: the release's.
        pull_image: Image that has `ngc`, for `PullOp`. Default: the one docker/build.sh builds.
        key: The TAO key. Default: key `key` of the secret `tao-key`, as `TAO_KEY`.
        ngc_key: The NGC key. Default: key `key` of the secret `ngc-api-key`, which may be missing.
        image_pull_secret: Secret for pulling images; empty for none. Default `nvcr-pull-secret`.
        node_selector: Node labels for every step. Default none.
        tolerations: Tolerations for every step. GPU steps tolerate the GPU taint in any case.
        shm_size: Size of /dev/shm on GPU steps. Default `16Gi`.
        retry: Retries of every step. Default two, after one and two minutes.
        timeout: Longest time of one attempt: seconds or `12h`. Default no limit.
    """
    given = {key: value for key, value in locals().items() if key != "name" and value is not None}
    if catalog is not None:
        given["catalog"] = _catalog(catalog)
    caller = inspect.currentframe()
    namespace = dict(caller.f_back.f_locals) if caller and caller.f_back else {}
    given_name: Any = name  # the function itself, where somebody wrote @tao.pipeline without parentheses
    if not isinstance(given_name, str):
        code = getattr(given_name, "__code__", None)
        where = f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code else ""
        raise PipelineError(
            "it needs a name", fix='write @tao.pipeline(name="my-pipeline") above a function', where=where
        )

    def decorate(function: Callable[..., object]) -> Pipeline:
        return Pipeline(name, function, Settings(**given), namespace)

    return decorate


def _catalog(given: str | os.PathLike[str] | Catalog) -> Catalog:
    return given if isinstance(given, Catalog) else Catalog(given)


class Pipeline:
    """A pipeline function with its settings. Made by `@tao.pipeline(...)`.

    Attributes:
        name: The name as it was given.
        settings: The defaults of its steps.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., object],
        settings: Settings,
        namespace: Mapping[str, Any] | None = None,
    ) -> None:
        if (
            not inspect.isfunction(function)
            or inspect.iscoroutinefunction(function)
            or inspect.isgeneratorfunction(function)
        ):
            raise PipelineError(
                f"it decorates {getattr(function, '__name__', function)!r}, which is no plain function",
                fix="use def",
                pipeline=name,
            )
        self.name = name
        self.settings = settings
        self._function = function
        self._namespace = namespace
        self.__doc__ = function.__doc__
        self._code = code = inspect.unwrap(function).__code__
        self._file = code.co_filename
        self.where = f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}"

    def __call__(self, *_: object, **__: object) -> None:
        """Refuse a call: a pipeline is compiled or built, not called."""
        raise PipelineError("a pipeline is not called", fix="use .compile(FILE) or .build()", pipeline=self.name)

    def parameters(self) -> dict[str, Parameter]:
        """The run parameters by name, in declared order."""
        try:
            return parameters.from_function(self._function, self._namespace)
        except TaoKfpError as error:
            raise error.at(pipeline=self.name, where=self.where) from None

    def build(self, values: Mapping[str, Any] | None = None, **overrides: Any) -> Graph:
        """Build the graph, and check every rule. Needs neither kfp nor kubernetes nor docker.

        Args:
            values: Other defaults for run parameters, by name.
            **overrides: Other settings: `workspace`, `mount`, `image`, ... as for `tao.pipeline`.

        Raises:
            TaoKfpError: The first rule that the pipeline breaks.
        """
        graph = self.unchecked(values, **overrides)
        for error in rules.check(graph):
            raise error
        graph.notes += [f"the parameter {name!r} is used by no step" for name in rules.unused_parameters(graph)]
        return graph

    def unchecked(self, values: Mapping[str, Any] | None = None, **overrides: Any) -> Graph:
        """Build the graph without the rules of `pipelines.rules`; arguments as for `build`."""
        unknown = overrides.keys() - {field.name for field in fields(Settings)}
        if unknown:
            raise PipelineError(f"there is no setting {sorted(unknown)[0]!r}", pipeline=self.name)
        try:
            if isinstance(overrides.get("catalog"), (str, os.PathLike)):
                overrides["catalog"] = _catalog(overrides["catalog"])
            settings = replace(self.settings, **overrides)
            found = self._set(self.parameters(), values or {}, overrides.get("mount"))
            mounts = [parameter for parameter in found.values() if parameter.is_mount]
            settings = replace(settings, mount=mounts[0].default) if mounts else settings
            settings.check()
            build = _Build(found, settings)
            with scope.entered(build):
                self._call(found)
            mount = build.mount
            graph = Graph(
                name=names.identifier(self.name, "pipeline"),
                description=_summary(self.__doc__),
                parameters=found,
                steps={},
                workspace=settings.workspace,
                mount=mount,
                where=self.where,
            )
            for op in build.ops.values():
                try:
                    graph.steps[op.name] = complete(op, settings, mount)
                except TaoKfpError as error:
                    raise error.at(step=op.name, where=op.where) from None
                graph.notes += [f"step {op.name!r}: {note}" for note in op.notes]
            return graph
        except TaoKfpError as error:
            raise error.at(pipeline=self.name, where=self._line(error.__traceback__)) from None
        except (Exception, SystemExit) as error:  # the author's own code failed: say where, and keep the cause
            raise PipelineError(
                f"{type(error).__name__}: {error}", pipeline=self.name, where=self._line(error.__traceback__)
            ) from error

    def compile(
        self,
        path: str | os.PathLike[str],
        *,
        target: str = "kfp",
        kfp_backend: str | None = None,
        values: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Compiled:
        """Write the package.

        Args:
            path: `.tar.gz` or `.yaml`. With a `.py` (as in `compile(__file__)`), the package has its
                name and place; if that is the script being run, its command line is read as well
                (`python tao_pipeline.py --help`), and an error ends it with one line and exit code 2.
            target: `kfp` (today's Kubeflow) or `argo` (Argo, and Kubeflow Pipelines v1).
            kfp_backend: Oldest Kubeflow Pipelines backend that must accept it, such as `2.16`.
                Default: the newest known.
            values: Other defaults for run parameters, by name.
            **overrides: Other settings, as for `tao.pipeline`.

        Returns:
            What was written, and what a person should know about it.

        Raises:
            TaoKfpError: The pipeline breaks a rule, the target cannot do what it asks for, or the
                file cannot be written. Nothing is written then.
        """
        file = os.fspath(path)
        if importing.get():
            raise PipelineError(
                "the file compiles its pipeline while it is imported",
                fix='put .compile(...) under `if __name__ == "__main__":`',
                pipeline=self.name,
                where=self.where,
            )
        # The two imports against the arrow (cli -> targets -> pipelines), made when called.
        if file.endswith(".py") and _is_running(file):
            from tao_kfp.cli import script

            return script(self, file, {"target": target, "kfp_backend": kfp_backend, "values": values, **overrides})
        from tao_kfp.targets import write

        return write(self.build(values, **overrides), package_path(file), target=target, kfp_backend=kfp_backend)

    def _call(self, found: dict[str, Parameter]) -> None:
        kinds = {name: parameter.kind for name, parameter in inspect.signature(self._function).parameters.items()}
        by_name = {name for name, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY}
        self._function(
            *(value for name, value in found.items() if name not in by_name),
            **{name: value for name, value in found.items() if name in by_name},
        )

    def _set(self, found: dict[str, Parameter], values: Mapping[str, Any], mount: str | None) -> dict[str, Parameter]:
        for name, value in values.items():
            if name not in found:
                raise ParameterError(f"there is no parameter {name!r}", fix=f"it has {', '.join(found) or 'none'}")
            found[name] = found[name].with_default(value)
        for name, parameter in found.items():
            if parameter.is_mount and mount:
                found[name] = parameter.with_default(mount)
        return found

    def _line(self, trace: TracebackType | None) -> str:
        """`file:line` inside the pipeline function, as far as the traceback reaches into it."""
        where = self.where
        while trace is not None:
            if trace.tb_frame.f_code is self._code:
                where = f"{os.path.basename(self._file)}:{trace.tb_lineno}"
            trace = trace.tb_next
        return where


class _Build:
    """The scope in which a pipeline function runs."""

    def __init__(self, found: dict[str, Parameter], settings: Settings) -> None:
        self.ops: dict[str, ContainerOp] = {}
        self.catalog = settings.catalog
        self.release = settings.catalog.release(settings.release)
        self.image = settings.image
        self.pull_image = settings.pull_image
        self.key = settings.key
        self.ngc_key = settings.ngc_key
        self._parameters = found
        mounts = [parameter.marker for parameter in found.values() if parameter.is_mount]
        self.mount = mounts[0] if mounts else settings.mount

    def add(self, op: ContainerOp) -> None:
        """Take an op in."""
        if op.name in self.ops:
            raise PipelineError(
                f"there is a step of this name already, made at {self.ops[op.name].where}",
                fix="give one of them another name",
            )
        self.ops[op.name] = op

    def examples(self, text: str) -> list[str]:
        """The text with parameters at their defaults, then with each choice of each of them.

        Empty for a text that holds a step's output: nothing is known of it.
        """
        found = refs(text)
        if any(ref.kind == "output" for ref in found):
            return []
        if not found:
            split(text)
            return [text]
        names_ = [ref.name for ref in found if ref.kind == "param"]
        for name in names_:
            if name not in self._parameters:
                raise PipelineError(f"the parameter {name!r} belongs to another pipeline")
        defaults = {name: self._parameters[name].examples()[0] for name in names_}
        rows = [defaults]
        for name in dict.fromkeys(names_):
            rows += [{**defaults, name: example} for example in self._parameters[name].examples()[1:]]
        return [
            render(text, lambda ref, row=row: row[ref.name] if ref.kind == "param" else ref.name)  # type: ignore[misc]
            for row in rows
        ]


def package_path(path: str) -> str:
    """The package that belongs to a script: `tao_pipeline.py` gives `tao_pipeline.tar.gz` beside it."""
    return f"{path[:-3]}.tar.gz" if path.endswith(".py") else path


def _is_running(path: str) -> bool:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return main is not None and os.path.realpath(main) == os.path.realpath(path)


def _summary(doc: str | None) -> str:
    """A docstring without its sections."""
    text = inspect.cleandoc(doc or "")
    return re.split(r"^(Args|Returns|Raises|Attributes|Example|Examples):\s*$", text, maxsplit=1, flags=re.MULTILINE)[
        0
    ].strip()
