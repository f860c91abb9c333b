"""Build a TensorRT engine of an exported model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import IfTaken, Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text


class GenTrtEngineOp(TaoOp):
    """Build an engine in the deploy image: `dino gen_trt_engine -e SPEC gen_trt_engine.onnx_file=MODEL ...`.

    Args:
        name: Name of the step.
        network: TAO network, such as `dino`.
        model: Exported model (ONNX) in the workspace.
        output: File of the workspace for the engine.
        spec: Spec file in the workspace. Default: none, for the TF1 networks whose command takes none.
        precision: What the network's command takes, such as `fp16` or `int8`. Default: the spec's.
        results: Folder of the workspace for logs. Default: the spec's.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `gen_trt_engine`, or keys such as `{"gen_trt_engine.tensorrt.max_batch_size": 8}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        model: Path,
        output: Path,
        spec: Path | None = None,
        precision: Text | None = None,
        results: Path | None = None,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="gen_trt_engine",
            options={
                "spec": Reads(spec),
                "model": Reads(model, produced=True),
                "key": IfTaken(Key()),
                "output": Writes(output),
                "results": Writes(results),
                "data_type": precision,
            },
            flags=flags,
            image=image,
            reads=data,
            group="deploy",
        )
