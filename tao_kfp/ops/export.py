"""Export a model for deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.errors import StepError
from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import IfTaken, Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue

PRECISIONS = ("fp32", "fp16", "int8")


class ExportOp(TaoOp):
    """Export a model: `classification export -m MODEL -k KEY -o OUTPUT [--data_type TYPE ...]`.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        model: Trained model in the workspace.
        output: File of the workspace for the exported model.
        precision: `fp32`, `fp16` or `int8`, for commands that build for a precision (TF1). Default `fp32`, which
            is TAO's and adds no flag. For others `GenTrtEngineOp` has it.
        calibration_data: Tensor file of `CalibrateOp`, needed for int8 unless `flags` names
            `cal_image_dir`, for networks that calibrate from images.
        calibration_cache: File of the workspace for the INT8 cache, which int8 writes.
        batches: Calibration batches for int8. Default: TAO's.
        spec: Spec file, for networks whose export takes it (all but TF1's). Default: none.
        results: Folder of the workspace for what else is written. Default: the spec's.
        flags: Further flags of `export`.
        image: Image instead of the release's.

    Raises:
        StepError: An unknown precision; int8 without calibration data; calibration without int8.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        model: Path,
        output: Path,
        precision: str = "fp32",
        calibration_data: Path | None = None,
        calibration_cache: Path | None = None,
        batches: int | RunTimeValue | None = None,
        spec: Path | None = None,
        results: Path | None = None,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        if not isinstance(precision, str) or precision not in PRECISIONS:
            raise StepError(
                f"{precision!r} is no precision", fix=f"use {', '.join(PRECISIONS)}", step=name, argument="precision"
            )
        int8 = precision == "int8"
        from_images = {"cal_image_dir", "--cal_image_dir"} & set(flags or ())
        if int8 and not from_images and (calibration_data is None or calibration_cache is None):
            raise StepError(
                "int8 needs calibration",
                fix="give calibration_data and calibration_cache",
                step=name,
                argument="precision",
            )
        if not int8 and not (calibration_data is None and calibration_cache is None and batches is None):
            raise StepError(
                f"{precision} takes no calibration", fix="set precision='int8'", step=name, argument="precision"
            )
        super().__init__(
            name,
            network=network,
            action="export",
            options={
                "model": Reads(model, produced=True),
                "key": Key(),
                "output": Writes(output),
                "spec": Reads(spec),
                "results": Writes(results),
                "cal_data_file": Reads(calibration_data, produced=True),
                "data_type": precision if precision != "fp32" else None,
                "batches": batches,
                "cal_cache_file": Writes(calibration_cache),
                "verbose": IfTaken(True) if int8 else None,
            },
            flags=flags,
            image=image,
        )
