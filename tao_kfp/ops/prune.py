"""Prune a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import IfTaken, Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class PruneOp(TaoOp):
    """Prune a model: `classification prune -k KEY -m MODEL -o OUTPUT -pth THRESHOLD -eq CRITERION`.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        model: Trained model in the workspace.
        output: File of the workspace for the pruned model, for networks whose command takes it; others write it below `results`.
        threshold: How much to prune: for TF1 and TF2 the norm below which filters go, 0 to 1 (TAO's default
            0.1), for others what their spec calls it. Default: TAO's.
        criterion: How the inputs of an element-wise layer are made equal: `union`, `intersection`,
            `arithmetic_mean` or `geometric_mean`. Default: TAO's, which is `union` for TF1.
        spec: Spec file, for networks whose command takes it (all but most of TF1's). Default: none.
        results: Folder of the workspace for what pruning writes, for networks that take it. Default: the spec's.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `prune`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        model: Path,
        output: Path | None = None,
        threshold: float | RunTimeValue | None = None,
        criterion: str | RunTimeValue | None = None,
        spec: Path | None = None,
        results: Path | None = None,
        data: Path | Sequence[Path] = (),
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
                # Commands that read flags are told TAO's defaults, too, so that the screen shows them.
                **({"threshold": threshold} if threshold is not None else {"pruning_threshold": IfTaken(0.1)}),
                **({"criterion": criterion} if criterion is not None else {"equalization_criterion": IfTaken("union")}),
                "results": Writes(results),
            },
            flags=flags,
            image=image,
            reads=data,
        )
