"""Run a model on images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class InferenceOp(TaoOp):
    """Run a model: `classification inference -k KEY -e SPEC -m MODEL -d IMAGES -b BATCH -cm CLASSMAP`.

    Args:
        name: Name of the step.
        network: TAO network, such as `dino`.
        model: Model in the workspace. Default: none, where `engine` is given or the spec names it.
        engine: TensorRT engine to run instead, in the deploy image.
        results: Folder of the workspace for what the inference writes. Default: the spec's.
        num_gpus: GPUs of the step. Default 1.
        spec: Spec file in the workspace. Default: none, for networks that take none.
        images: Folder of images in the workspace. Default: none, for networks whose spec names it.
        batch_size: Images at a time. Default: TAO's.
        classmap: `classmap.json` that training wrote, for networks that take it. Default: none.
        data: Further paths that must be there before, which the spec names too. Default: unchecked.
        flags: Further flags of `inference`.
        image: Container image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        model: Path | None = None,
        engine: Path | None = None,
        spec: Path | None = None,
        results: Path | None = None,
        num_gpus: int | RunTimeValue = 1,
        images: Path | None = None,
        batch_size: int | RunTimeValue | None = None,
        classmap: Path | None = None,
        data: Path | Sequence[Path] = (),
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="inference",
            options={
                "key": Key() if engine is None else None,
                "spec": Reads(spec),
                "model": Reads(model if engine is None else None, produced=True),
                "engine": Reads(engine, produced=True),
                "results": Writes(results),
                "images": Reads(images),
                "batch_size": batch_size,
                "classmap": Reads(classmap, produced=True),
            },
            flags=flags,
            num_gpus=num_gpus,
            image=image,
            reads=data,
            group=None if engine is None else "deploy",
        )
