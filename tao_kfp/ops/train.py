"""Train a network, and retrain what was pruned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.tao_op import IfTaken, Key, Reads, TaoOp, Writes
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class TrainOp(TaoOp):
    """Train a network: `classification train --gpus N -k KEY -e SPEC -r RESULTS`, `dino train -e SPEC results_dir=RESULTS ...`.

    Args:
        name: Name of the step.
        network: TAO network, such as `dino`.
        spec: Spec file in the workspace.
        results: Folder of the workspace for checkpoints and logs.
        data: Folders of the data, which the spec names too: they must be there before. Default: unchecked.
        pretrained_model: Weights to start from, for networks whose command takes them. Default: the spec's.
        num_gpus: GPUs, also the limit of the pod. A number or a run parameter of type int. Default 1.
        flags: Further flags of `train`, such as `{"--use_amp": True}`, or keys such as `{"train.num_epochs": 20}`.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        network: str,
        spec: Path,
        results: Path,
        data: Path | Sequence[Path] = (),
        pretrained_model: Path | None = None,
        num_gpus: int | RunTimeValue = 1,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            action="train",
            options={
                "gpus": num_gpus,
                "key": Key(),
                "spec": Reads(spec),
                "results": Writes(results),
                "pretrained_model": Reads(pretrained_model, produced=True),
                **(more or {}),
            },
            flags=flags,
            num_gpus=num_gpus,
            image=image,
            reads=data,
        )


class RetrainOp(TrainOp):
    """Train again what was pruned, with a spec that starts from the pruned model.

    TAO has no action of this name: it is `train` with another spec.

    Args:
        name: Name of the step.
        network: TAO network, such as `classification`.
        spec: Spec file of the second training; for TF1 it names the pruned model.
        results: Folder of the workspace for checkpoints and logs.
        pruned_model: The pruned model, which an earlier step writes. Default: unchecked, and the spec's.
        data: Folders of the data, as for `TrainOp`.
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
        data: Path | Sequence[Path] = (),
        num_gpus: int | RunTimeValue = 1,
        flags: Mapping[str, Any] | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(
            name,
            network=network,
            spec=spec,
            results=results,
            data=data,
            num_gpus=num_gpus,
            flags=flags,
            image=image,
            more={"pruned_model": IfTaken(Reads(pruned_model, produced=True))},
        )
        if pruned_model is not None and "pruned_model" not in self._row.roles:  # the spec file names it
            self.reads.append(self.path(pruned_model, "pruned_model", produced=True))
