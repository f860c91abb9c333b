"""Train a small network by a large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class DistillOp(TaoOp):
    """Distill a model: `dino distill -e SPEC distill.pretrained_teacher_model_path=TEACHER results_dir=RESULTS`.

    Args:
        name: Name of the step.
        network: TAO network, such as `dino`.
        spec: Spec file in the workspace.
        results: Folder of the workspace for checkpoints and logs.
        teacher: Weights of the teacher in the workspace. Default: the spec's.
        data: Folders of the data, which the spec names too. Default: unchecked.
        num_gpus: GPUs, also the limit of the pod. A number or a run parameter of type int. Default 1.
        flags: Keys of the spec file, such as `{"train.num_epochs": 20}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        results: Path,
        teacher: Path | None = None,
        data: Path | Sequence[Path] = (),
        num_gpus: int | RunTimeValue = 1,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="distill",
            options={"spec": Reads(spec), "teacher": Reads(teacher, produced=True), "results": Writes(results)},
            flags=flags,
            num_gpus=num_gpus,
            image=image,
            reads=data,
        )
