"""Quantize a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text


class QuantizeOp(TaoOp):
    """Quantize a model: `rtdetr quantize -e SPEC quantize.model_path=MODEL results_dir=RESULTS`.

    Args:
        name: Name of the step.
        network: TAO network, such as `rtdetr`.
        spec: Spec file in the workspace.
        model: Trained model in the workspace.
        results: Folder of the workspace for the quantized model.
        data: Folders of the calibration data, which the spec names too. Default: unchecked.
        flags: Keys of the spec file, such as `{"quantize.backend": "torchao"}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        model: Path,
        results: Path,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="quantize",
            options={"spec": Reads(spec), "model": Reads(model, produced=True), "results": Writes(results)},
            flags=flags,
            image=image,
            reads=data,
        )
