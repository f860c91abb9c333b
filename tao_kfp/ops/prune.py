"""Prune a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class PruneOp(TaoOp):
    """Prune a model: `classification prune -k KEY -m MODEL -o OUTPUT -pth THRESHOLD -eq CRITERION`.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        model: Trained model in the workspace.
        output: File of the workspace for the pruned model.
        threshold: Norm below which filters go, 0 to 1. Default 0.1, as TAO's.
        criterion: How the inputs of an element-wise layer are made equal: `union`, `intersection`,
            `arithmetic_mean` or `geometric_mean`. Default `union`, as TAO's.
        spec: Spec file, for networks whose command takes it (unet, yolo). Default: none.
        flags: Further flags of `prune`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        model: Path,
        output: Path,
        threshold: float | RunTimeValue = 0.1,
        criterion: str | RunTimeValue = "union",
        spec: Path | None = None,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="prune",
            options={
                "key": Key(),
                "model": Reads(model, produced=True),
                "output": Writes(output),
                "spec": Reads(spec),
                "pruning_threshold": threshold,
                "equalization_criterion": criterion,
            },
            flags=flags,
            image=image,
        )
