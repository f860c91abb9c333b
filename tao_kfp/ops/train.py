"""Train a network, and retrain what was pruned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class TrainOp(TaoOp):
    """Train a network: `classification train --gpus N -k KEY -e SPEC -r RESULTS`.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        spec: Spec file in the workspace.
        results: Folder of the workspace for checkpoints and logs.
        data: Folder of the data, which the spec names too: it must be there before. Default: unchecked.
        num_gpus: GPUs, also the limit of the pod. A number or a run parameter of type int. Default 1.
        flags: Further flags of `train`, such as `{"--use_amp": True}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        results: Path,
        data: Path | None = None,
        num_gpus: int | RunTimeValue = 1,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="train",
            options={"gpus": num_gpus, "key": Key(), "spec": Reads(spec), "results": Writes(results)},
            flags=flags,
            num_gpus=num_gpus,
            image=image,
            reads=[] if data is None else [data],
        )


class RetrainOp(TrainOp):
    """Train again what was pruned, with a spec that starts from the pruned model.

    TAO has no action of this name: it is `train` with another spec.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        spec: Spec file whose `pretrained_model_path` is the pruned model.
        results: Folder of the workspace for checkpoints and logs.
        pruned_model: The pruned model, so that an earlier step is seen to write it. Default: unchecked.
        data: Folder of the data, as for `TrainOp`.
        num_gpus: GPUs, as for `TrainOp`. Default 1.
        flags: Further flags of `train`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        results: Path,
        pruned_model: Path | None = None,
        data: Path | None = None,
        num_gpus: int | RunTimeValue = 1,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name, network=network, spec=spec, results=results, data=data, num_gpus=num_gpus, flags=flags, image=image
        )
        if pruned_model is not None:
            self.reads.append(self.path(pruned_model, "pruned_model", produced=True))
