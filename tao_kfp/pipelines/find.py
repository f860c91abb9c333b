"""Find a pipeline by its ready-made name, in an installed plug-in or in a user's file."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from types import ModuleType

from tao_kfp import plugins
from tao_kfp.errors import TaoKfpError, UsageError
from tao_kfp.pipelines.builder import Pipeline, importing

# Ready-made pipelines: the name to type, its module and its attribute there, and what it is for.
READY_MADE = {
    "classification": (
        "tao_kfp.pipelines.classification",
        "classification",
        "image classification with TAO 3.21.08: train, prune, retrain, INT8 engine",
    ),
    "classification-tf1": (
        "tao_kfp.pipelines.classification_tf1",
        "classification_tf1",
        "image classification with TAO 5.0 (TensorFlow): train, prune, retrain, INT8 engine",
    ),
    "classification-pyt": (
        "tao_kfp.pipelines.classification_pyt",
        "classification_pyt",
        "image classification with TAO 7.1 (PyTorch): train, export, engine",
    ),
    "detectnet-v2": (
        "tao_kfp.pipelines.detectnet_v2",
        "detectnet_v2",
        "object detection with TAO 5.0: convert KITTI data, train, prune, retrain, INT8 engine",
    ),
    "rtdetr": (
        "tao_kfp.pipelines.rtdetr",
        "rtdetr",
        "object detection with TAO 7.1: train, quantize to INT8, engine",
    ),
    "ocdnet": (
        "tao_kfp.pipelines.ocdnet",
        "ocdnet",
        "text detection with TAO 7.1: train, prune, retrain, engine",
    ),
    "data-services": (
        "tao_kfp.pipelines.data_services",
        "data_services",
        "data with TAO 7.1: convert KITTI to COCO, label with masks, analyze",
    ),
}


def find(name: str) -> Pipeline:
    """Find a pipeline.

    Args:
        name: A ready-made name, one that a plug-in gives, a `.py` file, or `FILE.py:NAME` where a file has several.

    Raises:
        UsageError: There is none, or several; the file cannot be run.
        PluginError: The plug-in of this name is broken, or two packages give it.
    """
    if name in READY_MADE:
        home, attribute, _ = READY_MADE[name]
        found = getattr(importlib.import_module(home), attribute)
        assert isinstance(found, Pipeline)
        return found
    path, _, attribute = name.partition(":") if ".py:" in name else (name, "", "")
    if not path.endswith(".py"):
        return _from_plugin(name)
    if not os.path.isfile(path):
        raise UsageError(
            f"there is no file {path!r}", fix="give the path of a Python file with a @tao.pipeline function"
        )
    module = _load(path)
    pipelines = {key: value for key, value in vars(module).items() if isinstance(value, Pipeline)}
    if attribute:
        if attribute not in pipelines:
            raise UsageError(f"{path} has no pipeline {attribute!r}", fix=f"it has {', '.join(pipelines) or 'none'}")
        return pipelines[attribute]
    different = {id(value): key for key, value in pipelines.items()}
    if len(different) != 1:
        raise UsageError(
            f"{path} has {len(different) or 'no'} pipelines" + (f": {', '.join(pipelines)}" if pipelines else ""),
            fix=f"write {path}:NAME" if pipelines else "decorate a function with @tao.pipeline(name=...)",
        )
    return pipelines[next(iter(different.values()))]


def _from_plugin(name: str) -> Pipeline:
    token = importing.set(True)
    try:
        found: Pipeline | None = plugins.get(plugins.PIPELINES, name, lambda value: isinstance(value, Pipeline))
    finally:
        importing.reset(token)
    if found is None:
        known = [*READY_MADE, *plugins.names(plugins.PIPELINES, READY_MADE)]
        raise UsageError(f"there is no pipeline {name!r}", fix=f"give one of {', '.join(known)}, or a .py file")
    return found


def folders_of(name: str) -> list[str]:
    """Folders that may hold the workspace's files of a pipeline: its own, the current one, and for a ready-made one ours."""
    path = name.partition(":")[0] if ".py:" in name else name
    if path.endswith(".py"):
        return list(dict.fromkeys([os.path.dirname(path) or ".", "."]))
    from tao_kfp.starter import folder

    return [".", os.path.dirname(str(folder("specs")))]


def _load(path: str) -> ModuleType:
    """Run a user's file as a module, with the file's folder importable, as Python itself does."""
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("tao_kfp_user_pipeline", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # typing.get_type_hints looks the function's module up here
    token = importing.set(True)
    try:
        spec.loader.exec_module(module)
    except TaoKfpError:
        raise
    except SyntaxError as error:
        raise UsageError(
            f"it is not valid Python: {error.msg}",
            where=f"{os.path.basename(path)}:{error.lineno}" if error.lineno else os.path.basename(path),
        ) from error
    except (Exception, SystemExit) as error:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if os.path.realpath(frame.filename) == os.path.realpath(path)
        ]
        line = f":{frames[-1].lineno}" if frames else ""
        raise UsageError(f"{type(error).__name__}: {error}", where=f"{os.path.basename(path)}{line}") from error
    finally:
        importing.reset(token)
    return module
