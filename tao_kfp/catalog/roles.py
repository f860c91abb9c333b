"""What an op calls a thing, and what TAO's networks call it: one word for all releases and dialects."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

# A flag's names, in the commands that read flags; the first that a command has is used.
FLAGS: Mapping[str, tuple[str, ...]] = {
    "spec": (
        "experiment_spec_file", "experiment_spec", "experiment_spec_path", "experiment_spec_filename",
        "dataset_export_spec", "dataset_spec", "config_path", "inference_spec",
    ),
    "results": ("results_dir", "model_dir"),
    "key": ("key", "enc_key"),
    "gpus": ("gpus",),
    "model": ("model", "model_path", "model_filename", "model_folder_path"),
    "output": (
        "output_file", "output", "output_filename", "output_path", "output_dir", "out_file", "output_folder",
        "out_image_path", "engine_file", "results_dir",
    ),
    "images": ("image_dir", "input", "in_image_path", "image_root_path"),
    "classmap": ("classmap", "class_map"),
    "threshold": ("pruning_threshold",),
    "criterion": ("equalization_criterion",),
}  # fmt: skip

# A key of the spec file, in the commands that read one; {a} is the action.
KEYS: Mapping[str, tuple[str, ...]] = {
    "results": ("results_dir", "{a}.results_dir", "output_dir"),
    "key": ("encryption_key",),
    "gpus": ("{a}.num_gpus", "num_gpus"),
    "gpu_id": ("{a}.gpu_id", "gpu_id"),
    "model": ("{a}.checkpoint", "{a}.model_path", "{a}.model", "{a}.onnx_file", "checkpoint"),
    "engine": ("{a}.trt_engine",),
    "output": ("{a}.onnx_file", "{a}.pruned_file", "{a}.output_path", "{a}.output_file"),
    "pretrained_model": ("train.pretrained_model_path", "train.pretrained_model", "model.pretrained_backbone_path"),
    "pruned_model": ("model.pruned_graph_path", "train.pruned_model_path"),
    "teacher": ("distill.pretrained_teacher_model_path",),
    "data_type": ("{a}.tensorrt.data_type", "{a}.data_type"),
    "cal_image_dir": ("{a}.tensorrt.calibration.cal_image_dir",),
    "cal_cache_file": ("{a}.tensorrt.calibration.cal_cache_file",),
    "batch_size": ("{a}.batch_size", "dataset.batch_size"),
    "criterion": ("{a}.equalization_criterion",),
    "threshold": ("{a}.threshold", "{a}.ch_sparsity", "{a}.pruning_thresh", "{a}.prune_setting.amount"),
}

# Where an action's own keys are called otherwise; distillation and quantisation use the GPUs of the section `train`.
_KEYS_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gen_trt_engine": {
        "model": ("gen_trt_engine.onnx_file",),
        "output": ("gen_trt_engine.trt_engine", "gen_trt_engine.save_engine"),
        "engine": (),
    },
    "distill": {"gpus": ("train.num_gpus",)},
    "quantize": {"gpus": ("train.num_gpus",)},
}
_SECTIONS_OF_ONE_ACTION = ("train", "distill")

# Which flags and keys hold a path, by the end of their name, and which of those are written.
_PATH = re.compile(
    r"(spec|file|path|paths|dir|dirs|folders?|filename|csv|json|root|model|output|classmap|class_map|model_weights|checkpoint|engine)$"
)
_WRITTEN = re.compile(r"output|out_|results|log_file|cal_cache_file|engine_file|save_engine|^model_dir$")
_NO_PATH = ("gemini.model", "checkpointer.filename")  # a model's name at its maker's, and a pattern


def of_flags(names: Collection[str]) -> dict[str, str]:
    """The role of each flag that has one."""
    return _first(FLAGS, names, "")


def of_keys(action: str, names: Collection[str]) -> dict[str, str]:
    """The role of each key of a spec file that has one in this action."""
    found: dict[str, str] = {}
    for role, key in _first({**KEYS, **_KEYS_OF.get(action, {})}, names, action).items():
        section = key.partition(".")[0]
        elsewhere = section in _SECTIONS_OF_ONE_ACTION and section != action and role not in _KEYS_OF.get(action, {})
        if not elsewhere and key not in found.values():
            found[role] = key
    return found


def _first(table: Mapping[str, tuple[str, ...]], names: Collection[str], action: str) -> dict[str, str]:
    found = {}
    for role, candidates in table.items():
        name = next((one for one in (text.format(a=action) for text in candidates) if one in names), None)
        if name is not None:
            found[role] = name
    return found


def path_kind(name: str) -> str:
    """Whether a flag or key holds a path: `read`, `write`, or `` for none."""
    last = name.rpartition(".")[2]
    if not _PATH.search(last) or name.endswith(_NO_PATH):
        return ""
    return "write" if _WRITTEN.search(last) else "read"
