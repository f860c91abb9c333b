"""Collect calibration data for INT8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class CalibrateOp(TaoOp):
    """Write a calibration tensor file: `classification calibration_tensorfile -e SPEC -m BATCHES -o OUTPUT`.

    Args:
        name: Name of the step.
        network: TAO network, `classification` or `detectnet_v2`.
        spec: Spec file in the workspace; its training images are used.
        output: File of the workspace for the tensors. TAO refuses one that is there already (source of
            5.0), so a new run needs a new name, or the old file moved aside.
        max_batches: Batches to collect. Default 10.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `calibration_tensorfile`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        output: Path,
        max_batches: int | RunTimeValue = 10,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="calibration_tensorfile",
            options={"spec": Reads(spec), "max_batches": max_batches, "output": Writes(output)},
            flags=flags,
            image=image,
            reads=data,
        )
