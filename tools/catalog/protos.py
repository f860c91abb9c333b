"""Write tao_kfp/catalog/data/protos.json: the fields of the TF1 networks' spec files, from NVIDIA's .proto files.

    python tools/catalog/protos.py DIR

DIR is a checkout of NVIDIA/tao_tensorflow1_backend. Needs grpcio-tools, whose compiler reads the .proto files. The last TF1
release is 5.0, so this is not run again for a new release.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

DATA = Path(__file__).parents[2] / "tao_kfp" / "catalog" / "data"
SOURCE = "NVIDIA/tao_tensorflow1_backend at d700902 (TAO 5.0): its .proto files, and the message that each script's spec loader reads"

# Per network: the folder of its .proto files, the message of its spec file, and the actions that read another one.
_CV = "nvidia_tao_tf1/cv"
_KITTI = f"{_CV}/detectnet_v2/proto/dataset_export_config.proto:DatasetExportConfig"
ROOTS: dict[str, dict[str, str]] = {
    "classification": {"*": f"{_CV}/makenet/proto/experiment.proto:Experiment"},
    "multitask_classification": {"*": f"{_CV}/multitask_classification/proto/experiment.proto:Experiment"},
    "detectnet_v2": {
        "*": f"{_CV}/detectnet_v2/proto/experiment.proto:Experiment",
        "dataset_convert": _KITTI,
        "inference": f"{_CV}/detectnet_v2/proto/inference.proto:Inference",
    },
    "efficientdet": {"*": f"{_CV}/efficientdet/proto/experiment.proto:Experiment"},
    "faster_rcnn": {"*": f"{_CV}/faster_rcnn/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "lprnet": {"*": f"{_CV}/lprnet/proto/experiment.proto:Experiment"},
    "mask_rcnn": {"*": f"{_CV}/mask_rcnn/proto/experiment.proto:Experiment"},
    "retinanet": {"*": f"{_CV}/retinanet/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "ssd": {"*": f"{_CV}/ssd/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "dssd": {"*": f"{_CV}/ssd/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "unet": {"*": f"{_CV}/unet/proto/experiment.proto:Experiment"},
    "yolo_v3": {"*": f"{_CV}/yolo_v3/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "yolo_v4": {"*": f"{_CV}/yolo_v4/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
    "yolo_v4_tiny": {"*": f"{_CV}/yolo_v4/proto/experiment.proto:Experiment", "dataset_convert": _KITTI},
}

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    _Field.TYPE_STRING: "string", _Field.TYPE_BOOL: "bool", _Field.TYPE_FLOAT: "float", _Field.TYPE_DOUBLE: "float",
    _Field.TYPE_INT32: "int", _Field.TYPE_INT64: "int", _Field.TYPE_UINT32: "uint", _Field.TYPE_UINT64: "uint",
    _Field.TYPE_BYTES: "string", _Field.TYPE_SINT32: "int", _Field.TYPE_SINT64: "int",
}  # fmt: skip


def messages(root: Path, file: str) -> dict[str, dict[str, Any]]:
    """Every message that a .proto file reaches, by its full name, with its fields; enumerations as lists of words."""
    with tempfile.NamedTemporaryFile(suffix=".pb") as out:
        command = ["protoc", f"-I{root}", f"--descriptor_set_out={out.name}", "--include_imports", str(root / file)]
        if protoc.main(command):
            raise SystemExit(f"error: {file} does not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes()).file
    found: dict[str, dict[str, Any]] = {}
    enums: dict[str, list[str]] = {}
    for one in files:
        prefix = f".{one.package}" if one.package else ""
        _collect(one.message_type, one.enum_type, prefix, found, enums)
    for fields in found.values():
        for field in fields.values():
            if field["type"] in enums:
                field["type"], field["words"] = "enum", enums[field["type"]]
    return found


def _collect(declared: Any, enum_types: Any, prefix: str, found: dict[str, Any], enums: dict[str, list[str]]) -> None:
    for enum in enum_types:
        enums[f"{prefix}.{enum.name}"] = [value.name for value in enum.value]
    for message in declared:
        name = f"{prefix}.{message.name}"
        found[name] = {field.name: _field(field) for field in message.field}
        _collect(message.nested_type, message.enum_type, name, found, enums)


def _field(field: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"type": _SCALARS.get(field.type, field.type_name)}
    if field.label == _Field.LABEL_REPEATED:
        row["repeated"] = True
    return row


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    root = parser.parse_args().checkout
    networks = {}
    for network, roots in ROOTS.items():
        tables: dict[str, Any] = {}
        named = {}
        for action, spec in roots.items():
            file, _, message = spec.partition(":")
            reached = messages(root, file)
            named[action] = f".{message}"
            for key, fields in reached.items():
                if tables.setdefault(key, fields) != fields:
                    raise SystemExit(f"error: two messages of {network} are called {key}")
        networks[network] = {"roots": named, "messages": tables}
    lines = [
        f' {json.dumps(network)}: {{"roots": {json.dumps(table["roots"])}, "messages": {{\n'
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(fields)}" for name, fields in table["messages"].items())
        + "\n }}"
        for network, table in networks.items()
    ]
    text = f'{{"source": {json.dumps(SOURCE)}, "networks": {{\n' + ",\n".join(lines) + "\n}}\n"
    (DATA / "protos.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
