"""Which published packages tell about which release, and the facts that no package tells. One row to change for a new release."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Release:
    """Where the facts of one TAO release come from.

    Attributes:
        launcher: The launcher whose table names the images.
        packages: For each image kind (`pyt`, `deploy`, `data-services`): the package with the commands, then those with
            the configuration classes. A folder name stands for a checkout of NVIDIA's source, given with --source.
        dialect: How the PyTorch commands are called.
        retag: The images' version, where the launcher's is older than the release.
        unconfirmed: For an image kind, what of its tables no source of this very release tells.
    """

    launcher: str
    packages: dict[str, list[str]]
    dialect: str = "hydra"
    retag: tuple[str, str] | None = None
    unconfirmed: dict[str, str] = field(default_factory=dict)


_NO_DEPLOY = "no nvidia-tao-deploy of this release is published: actions of 6.26.3, keys of the training image"
_NO_DS = "no nvidia-tao-ds of this release is published: actions and keys of 6.0.0"

RELEASES = {
    "5.0": Release(
        launcher="nvidia-tao==5.0.0",
        packages={
            "pyt": ["tao_pytorch_backend-5.0"],
            "deploy": ["nvidia-tao-deploy==6.26.3", "tao_pytorch_backend-5.0"],
            "data-services": ["nvidia-tao-ds==6.0.0", "nvidia-tao-core==6.0.0"],
        },
        dialect="mixed",
        unconfirmed={"deploy": _NO_DEPLOY, "data-services": _NO_DS},
    ),
    "5.3": Release(
        launcher="nvidia-tao==5.3.0",
        packages={
            "pyt": ["tao_pytorch_backend-5.3"],
            "deploy": ["nvidia-tao-deploy==6.26.3", "tao_pytorch_backend-5.3"],
            "data-services": ["nvidia-tao-ds==6.0.0", "nvidia-tao-core==6.0.0"],
        },
        dialect="mixed",
        unconfirmed={"deploy": _NO_DEPLOY, "data-services": _NO_DS},
    ),
    "5.5": Release(
        launcher="nvidia-tao==5.5.1",
        packages={
            "pyt": ["nvidia-tao-core==6.0.0"],
            "deploy": ["nvidia-tao-deploy==6.26.3", "nvidia-tao-core==6.0.0"],
            "data-services": ["nvidia-tao-ds==6.0.0", "nvidia-tao-core==6.0.0"],
        },
        unconfirmed={
            "pyt": "keys of 6.0.0, the nearest release whose keys are published",
            "deploy": "actions of 6.26.3 and keys of 6.0.0: no package of this release is published",
            "data-services": _NO_DS,
        },
    ),
    "6.0": Release(
        launcher="nvidia-tao==6.0.0",
        packages={
            "pyt": ["nvidia-tao-pytorch==6.0.0", "nvidia-tao-core==6.0.0"],
            "deploy": ["nvidia-tao-deploy==6.26.3", "nvidia-tao-core==6.0.0"],
            "data-services": ["nvidia-tao-ds==6.0.0", "nvidia-tao-core==6.0.0"],
        },
        unconfirmed={"deploy": "no nvidia-tao-deploy of this release is published: actions of 6.26.3"},
    ),
    "6.26": Release(
        launcher="nvidia-tao==6.26.3",
        packages={
            "pyt": ["nvidia-tao-pytorch==6.26.3", "nvidia-tao-core==6.26.3"],
            "deploy": ["nvidia-tao-deploy==6.26.3", "nvidia-tao-core==6.26.3"],
            "data-services": ["nvidia-tao-ds==6.26.3", "nvidia-tao-core==6.26.3"],
        },
    ),
    "7.1": Release(
        launcher="nvidia-tao==6.26.3",
        packages={
            "pyt": ["nvidia-tao-pytorch==7.1.0", "nvidia-tao-core==7.1.0"],
            "deploy": ["nvidia-tao-deploy==7.1.0", "nvidia-tao-core==7.1.0"],
            "data-services": ["nvidia-tao-ds==7.1.0", "nvidia-tao-core==7.1.0"],
        },
        retag=("6.26.3-", "7.1.0-"),
    ),
}


def release(name: str) -> Release:
    """The row of a release; for one that has none, packages and image tags of its own number are taken."""
    if name in RELEASES:
        return RELEASES[name]
    version = f"{name}.0"
    core = f"nvidia-tao-core=={version}"
    return Release(
        launcher="nvidia-tao==6.26.3",
        packages={
            "pyt": [f"nvidia-tao-pytorch=={version}", core],
            "deploy": [f"nvidia-tao-deploy=={version}", core],
            "data-services": [f"nvidia-tao-ds=={version}", core],
        },
        retag=("6.26.3-", f"{version}-"),
        unconfirmed=dict.fromkeys(("pyt", "deploy", "data-services"), f"the image tag {version} is a guess"),
    )


# TF2's commands are published obfuscated; NVIDIA/tao_tensorflow2_backend @c252179 tells them, nvidia-tao-core 6.0.0 their keys.
TF2 = {
    "classification_tf2": ["train", "evaluate", "prune", "export", "inference", "inference_trt"],
    "efficientdet_tf2": ["dataset_convert", "train", "evaluate", "prune", "export", "inference"],
}
TF2_CONFIG = "nvidia-tao-core==6.0.0"

# Commands that no published package has, but the launcher's table or NVIDIA-TAO/tao-skill-bank @49672c2 names; their keys are not known.
UNPUBLISHED = {
    "cosmos-embed1": {"train": "", "evaluate": "", "inference": "", "export": ""},
}

# The PyTorch commands of 5.0 to 5.5: the `scripts` folders of NVIDIA/tao_pytorch_backend at v5.0.0, v5.1.0, 9c2d94c (5.3) and
# dc07b02 (5.5); nvidia-tao-pytorch 5.1.0, the one that is published, is obfuscated.
_EVERY = "evaluate export inference train"
_BACKEND_50 = {
    "action_recognition": _EVERY,
    "classification_pyt": _EVERY,
    "deformable_detr": f"convert {_EVERY}",
    "dino": f"convert {_EVERY}",
    "mal": "evaluate inference train",
    "ml_recog": _EVERY,
    "ocdnet": f"{_EVERY} prune",
    "ocrnet": f"dataset_convert {_EVERY} prune",
    "optical_inspection": f"dataset_convert {_EVERY}",
    "pointpillars": f"dataset_convert {_EVERY} prune",
    "pose_classification": f"dataset_convert {_EVERY}",
    "re_identification": _EVERY,
    "segformer": _EVERY,
    "visual_changenet": _EVERY,
}
_BACKEND_53 = {**_BACKEND_50, "centerpose": _EVERY}
BACKEND_ACTIONS = {
    "5.0": _BACKEND_50,
    "5.3": _BACKEND_53,
    "5.5": {
        **_BACKEND_53,
        "dino": f"convert distill {_EVERY}",
        "grounding_dino": _EVERY,
        "mask_grounding_dino": _EVERY,
        "bevfusion": "convert evaluate inference train",
        "mask2former": _EVERY,
    },
}

# Where the configuration class of one of these is: in a checkout, and in nvidia-tao-core 6.0.0, where 5.5 is looked up.
_CHECKOUT = {
    "classification_pyt": "nvidia_tao_pytorch.core.mmlab.mmclassification.classification_default_config:ExperimentConfig",
    "ml_recog": "nvidia_tao_pytorch.cv.metric_learning_recognition.config.default_config:ExperimentConfig",
    "optical_inspection": "nvidia_tao_pytorch.cv.optical_inspection.config.default_config:OIExperimentConfig",
}
_CORE = {
    "classification_pyt": "nvidia_tao_core.config.classification_pyt_mmlab.default_config:ExperimentConfig",
    "segformer": "nvidia_tao_core.config.segformer_mmlab.default_config:ExperimentConfig",
}
_CONVERT = {"dino": "DINODatasetConvertConfig", "deformable_detr": "DDDatasetConvertConfig"}
_CORE_CONVERT = {
    "dino": "nvidia_tao_core.config.dino.dataset:DINODatasetConvertConfig",
    "deformable_detr": "nvidia_tao_core.config.deformable_detr.dataset:DDDatasetConvertConfig",
    "bevfusion": "nvidia_tao_core.config.bevfusion.default_config:BEVFusionDataConvertExpConfig",
}


def backend_actions(name: str, network: str) -> dict[str, str]:
    """The actions of a PyTorch network in a release of `BACKEND_ACTIONS`, each with its configuration class."""
    if name == "5.5":
        main = _CORE.get(network, f"nvidia_tao_core.config.{network}.default_config:ExperimentConfig")
        convert = _CORE_CONVERT.get(network, main)
    else:
        main = _CHECKOUT.get(network, f"nvidia_tao_pytorch.cv.{network}.config.default_config:ExperimentConfig")
        convert = f"{main.partition(':')[0]}:{_CONVERT.get(network, '')}"
    actions = BACKEND_ACTIONS[name].get(network, "").split()
    return {action: convert if action == "convert" else main for action in actions}


def needs_gpu(kind: str, action: str) -> bool:
    """Whether an action refuses to start without a GPU.

    From the entry points' source: TF1, TF2 and data services ask nvidia-smi, deploy asks CUDA, before any action; PyTorch
    does not ask, and its data conversion works on files only.
    """
    return kind != "pyt" or action not in ("convert", "dataset_convert")
