"""Evaluate a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Key, Reads, TaoOp
from tao_kfp.ops.verbs import Text


class EvaluateOp(TaoOp):
    """Evaluate a model: `classification evaluate -e SPEC -k KEY [-m MODEL]`.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        spec: Spec file in the workspace; for classification it names the model.
        model: Model to evaluate, for networks whose command takes it (`-m`). Default: the spec's.
        flags: Further flags of `evaluate`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        model: Path | None = None,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="evaluate",
            options={"spec": Reads(spec), "key": Key(), "model": Reads(model, produced=True)},
            flags=flags,
            image=image,
        )
