"""Evaluate a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class EvaluateOp(TaoOp):
    """Evaluate a model, or the engine made of it: `classification evaluate -e SPEC -k KEY [-m MODEL]`.

    Args:
        name: Name of the step.
        network: TAO network, such as `dino`.
        spec: Spec file in the workspace; for TF1 classification it names the model.
        model: Model to evaluate, for networks whose command takes it. Default: the spec's.
        engine: TensorRT engine to evaluate instead, in the deploy image.
        results: Folder of the workspace for what the evaluation writes. Default: the spec's.
        num_gpus: GPUs of the step. Default 1.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `evaluate`, or keys such as `{"evaluate.batch_size": 8}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        model: Path | None = None,
        engine: Path | None = None,
        results: Path | None = None,
        num_gpus: int | RunTimeValue = 1,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="evaluate",
            options={
                "spec": Reads(spec),
                "key": Key() if engine is None else None,
                "model": Reads(model if engine is None else None, produced=True),
                "engine": Reads(engine, produced=True),
                "results": Writes(results),
            },
            flags=flags,
            num_gpus=num_gpus,
            image=image,
            reads=data,
            group=None if engine is None else "deploy",
        )
