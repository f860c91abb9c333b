"""Convert a data set to TFRecords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text


class DatasetConvertOp(TaoOp):
    """Convert a data set: `detectnet_v2 dataset_convert -d SPEC -o OUTPUT`.

    Args:
        name: Name of the step.
        network: TAO network, such as `detectnet_v2`.
        output: File or prefix in the workspace for the TFRecords, for networks whose command takes it.
        results: Folder of the workspace for what is written, for networks whose command takes that. Default: none.
        spec: Spec file of the conversion in the workspace. Default: none, for networks that take flags instead.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `dataset_convert`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        output: Path | None = None,
        results: Path | None = None,
        spec: Path | None = None,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="dataset_convert",
            options={"spec": Reads(spec), "output": Writes(output), "results": Writes(results)},
            flags=flags,
            image=image,
            reads=data,
        )
