"""Run any command in the TAO image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops import scope
from tao_kfp.ops.container_op import ContainerOp, Path
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class CommandOp(ContainerOp):
    """Run any command in the TAO image of the pipeline's release.

    Args:
        name: Name of the step.
        command: The program, one text or a list.
        arguments: Its arguments, one text or a list, each handed over as it is.
        num_gpus: GPUs, a number or a run parameter of type int. Default 0.
        image: Image instead of the release's.
        network: The network whose image it is. Default: the image that most networks of the release run in.
        file_outputs: Output values: a name and the file in the container that will hold it.
        reads: Workspace paths that must be there before the step runs.
        writes: Workspace paths that the step makes.
    """

    def __init__(
        self,
        name: str,
        *,
        command: Text | Sequence[Any],
        arguments: Text | Sequence[Any] = (),
        num_gpus: int | RunTimeValue = 0,
        image: Text | None = None,
        network: str | None = None,
        file_outputs: Mapping[str, str] | None = None,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
    ) -> None:
        around = scope.current(self, name)
        super().__init__(
            name,
            image=(around.image or around.catalog.image(around.release, network)) if image is None else image,
            command=command,
            arguments=arguments,
            file_outputs=file_outputs,
            reads=reads,
            writes=writes,
        )
        self.is_tao = True
        self.set_gpu_limit(num_gpus)
