"""The ready-made pipelines beside classification: what each step runs, waits for and reads, and the spec files that come with them."""

from __future__ import annotations

import posixpath
import re
import shlex
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from building import argo_of

from tao_kfp.catalog import Key, find_key
from tao_kfp.ops.step import Step
from tao_kfp.pipelines.find import READY_MADE, find
from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.rules import example
from tao_kfp.specs import values
from tao_kfp.specs.protobuf_text import Message, parse

SPECS = Path(__file__).parents[2] / "specs"
MOUNT = "/mnt/workspace"

# The words of each command at the default of every parameter, as TAO reads them; W is the mount. No word holds a blank.
COMMANDS = {
    "classification-tf1": {
        "download-model": """
            ngc registry model download-version nvidia/tao/pretrained_classification:resnet18 --dest W/models""",
        "train-model": """
            classification_tf1 train --gpus 1 -e W/specs/classification_tf1.cfg
                -r W/tao-experiments/classification_tf1/train""",
        "evaluate-model": """
            classification_tf1 evaluate -e W/specs/classification_tf1.cfg""",
        "prune-model": """
            classification_tf1 prune -m W/tao-experiments/classification_tf1/train/weights/resnet_020.hdf5
                -o W/tao-experiments/classification_tf1/prune/resnet18_pruned.hdf5 -pth 0.6 -eq union
                --results_dir W/tao-experiments/classification_tf1/prune""",
        "retrain-model": """
            classification_tf1 train --gpus 1 -e W/specs/classification_tf1_retrain.cfg
                -r W/tao-experiments/classification_tf1/retrain""",
        "reevaluate-model": """
            classification_tf1 evaluate -e W/specs/classification_tf1_retrain.cfg""",
        "export-model": """
            classification_tf1 export -m W/tao-experiments/classification_tf1/retrain/weights/resnet_020.hdf5
                -o W/tao-experiments/classification_tf1/export/model.onnx -e W/specs/classification_tf1_retrain.cfg
                --results_dir W/tao-experiments/classification_tf1/export
                --classmap_json W/tao-experiments/classification_tf1/retrain/classmap.json""",
        "build-engine": """
            classification_tf1 gen_trt_engine -e W/specs/classification_tf1_retrain.cfg
                -m W/tao-experiments/classification_tf1/export/model.onnx -k $(TAO_KEY)
                --engine_file W/tao-experiments/classification_tf1/export/model.engine
                -r W/tao-experiments/classification_tf1/export --data_type int8 --opt_batch_size 8
                --max_batch_size 8 --cal_image_dir W/tao-experiments/data/split/train
                --cal_data_file W/tao-experiments/classification_tf1/export/calibration.tensor
                --cal_cache_file W/tao-experiments/classification_tf1/export/calibration.bin --batch_size 8
                --batches 10""",
        "evaluate-engine": """
            classification_tf1 evaluate -e W/specs/classification_tf1_retrain.cfg
                -m W/tao-experiments/classification_tf1/export/model.engine
                -r W/tao-experiments/classification_tf1/engine
                -c W/tao-experiments/classification_tf1/retrain/classmap.json -i W/tao-experiments/data/split/test""",
    },
    "classification-pyt": {
        "download-model": """
            ngc registry model download-version nvidia/tao/pretrained_fan_classification_imagenet:fan_hybrid_small
                --dest W/models""",
        "train-model": """
            classification_pyt train -e W/specs/classification_pyt.yaml
                results_dir=W/tao-experiments/classification_pyt train.num_gpus=1
                model.backbone.type=fan_small_12_p4_hybrid dataset.root_dir=W/tao-experiments/data/split
                model.backbone.pretrained_backbone_path=W/models/pretrained_fan_classification_imagenet_vfan_hybrid_small/fan_hybrid_small.pth
                train.num_epochs=20 train.precision=fp32""",
        "evaluate-model": """
            classification_pyt evaluate -e W/specs/classification_pyt.yaml
                results_dir=W/tao-experiments/classification_pyt
                evaluate.checkpoint=W/tao-experiments/classification_pyt/train/classifier_model_latest.pth
                model.backbone.type=fan_small_12_p4_hybrid dataset.root_dir=W/tao-experiments/data/split
                dataset.val_dataset.images_dir=W/tao-experiments/data/split/test evaluate.num_gpus=1""",
        "export-model": """
            classification_pyt export -e W/specs/classification_pyt.yaml
                results_dir=W/tao-experiments/classification_pyt
                export.checkpoint=W/tao-experiments/classification_pyt/train/classifier_model_latest.pth
                export.onnx_file=W/tao-experiments/classification_pyt/export/model.onnx
                model.backbone.type=fan_small_12_p4_hybrid dataset.root_dir=W/tao-experiments/data/split
                export.gpu_id=0""",
        "build-engine": """
            classification_pyt gen_trt_engine -e W/specs/classification_pyt.yaml
                results_dir=W/tao-experiments/classification_pyt/engine
                gen_trt_engine.onnx_file=W/tao-experiments/classification_pyt/export/model.onnx
                gen_trt_engine.trt_engine=W/tao-experiments/classification_pyt/export/model.engine
                gen_trt_engine.tensorrt.data_type=FP16 gen_trt_engine.tensorrt.opt_batch_size=8
                gen_trt_engine.tensorrt.max_batch_size=8 gen_trt_engine.gpu_id=0""",
        "evaluate-engine": """
            classification_pyt evaluate -e W/specs/classification_pyt.yaml
                results_dir=W/tao-experiments/classification_pyt/engine
                evaluate.trt_engine=W/tao-experiments/classification_pyt/export/model.engine
                dataset.root_dir=W/tao-experiments/data/split dataset.batch_size=1 evaluate.num_gpus=1""",
    },
    "detectnet-v2": {
        "download-model": """
            ngc registry model download-version nvidia/tao/pretrained_detectnet_v2:resnet18 --dest W/models""",
        "convert-data": """
            detectnet_v2 dataset_convert -d W/specs/detectnet_v2_convert.txt
                -o W/tao-experiments/detectnet_v2/tfrecords/kitti -r W/tao-experiments/detectnet_v2/tfrecords""",
        "train-model": """
            detectnet_v2 train --gpus 1 -e W/specs/detectnet_v2_train.txt -r W/tao-experiments/detectnet_v2/train""",
        "evaluate-model": """
            detectnet_v2 evaluate -e W/specs/detectnet_v2_train.txt
                -m W/tao-experiments/detectnet_v2/train/weights/model.hdf5
                -r W/tao-experiments/detectnet_v2/evaluate""",
        "prune-model": """
            detectnet_v2 prune -m W/tao-experiments/detectnet_v2/train/weights/model.hdf5
                -o W/tao-experiments/detectnet_v2/prune/model_pruned.hdf5 -pth 5.2e-06 -eq union
                --results_dir W/tao-experiments/detectnet_v2/prune""",
        "retrain-model": """
            detectnet_v2 train --gpus 1 -e W/specs/detectnet_v2_retrain.txt
                -r W/tao-experiments/detectnet_v2/retrain""",
        "reevaluate-model": """
            detectnet_v2 evaluate -e W/specs/detectnet_v2_retrain.txt
                -m W/tao-experiments/detectnet_v2/retrain/weights/model.hdf5
                -r W/tao-experiments/detectnet_v2/reevaluate""",
        "export-model": """
            detectnet_v2 export -m W/tao-experiments/detectnet_v2/retrain/weights/model.hdf5
                -o W/tao-experiments/detectnet_v2/export/model.onnx -e W/specs/detectnet_v2_retrain.txt
                --results_dir W/tao-experiments/detectnet_v2/export""",
        "build-engine": """
            detectnet_v2 gen_trt_engine -e W/specs/detectnet_v2_retrain.txt
                -m W/tao-experiments/detectnet_v2/export/model.onnx -k $(TAO_KEY)
                --engine_file W/tao-experiments/detectnet_v2/export/model.engine
                -r W/tao-experiments/detectnet_v2/export --data_type int8 --opt_batch_size 8 --max_batch_size 8
                --cal_image_dir W/tao-experiments/data/kitti/train/images
                --cal_cache_file W/tao-experiments/detectnet_v2/export/calibration.bin --batch_size 8 --batches 10""",
        "evaluate-engine": """
            detectnet_v2 evaluate -e W/specs/detectnet_v2_retrain.txt
                -m W/tao-experiments/detectnet_v2/export/model.engine -r W/tao-experiments/detectnet_v2/engine
                -i W/tao-experiments/data/kitti/test/images -l W/tao-experiments/data/kitti/test/labels""",
    },
    "rtdetr": {
        "download-model": """
            ngc registry model download-version nvidia/tao/pretrained_deformable_detr_nvimagenet:resnet50
                --dest W/models""",
        "train-model": """
            rtdetr train -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr train.num_gpus=1
                model.backbone=resnet_50
                model.pretrained_backbone_path=W/models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar
                train.num_epochs=40 train.precision=bf16""",
        "evaluate-model": """
            rtdetr evaluate -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr
                evaluate.checkpoint=W/tao-experiments/rtdetr/train/rtdetr_model_latest.pth model.backbone=resnet_50
                model.pretrained_backbone_path=W/models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar
                evaluate.num_gpus=1""",
        "quantize-model": """
            rtdetr quantize -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr
                quantize.model_path=W/tao-experiments/rtdetr/train/rtdetr_model_latest.pth model.backbone=resnet_50
                model.pretrained_backbone_path=W/models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar
                quantize.backend=modelopt.pytorch quantize.mode=static_ptq train.num_gpus=1""",
        "evaluate-quantized": """
            rtdetr evaluate -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr/quantized
                evaluate.checkpoint=W/tao-experiments/rtdetr/quantize/quantized_model_modelopt.pytorch.pth
                model.backbone=resnet_50
                model.pretrained_backbone_path=W/models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar
                evaluate.is_quantized=true evaluate.num_gpus=1""",
        "export-model": """
            rtdetr export -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr
                export.checkpoint=W/tao-experiments/rtdetr/quantize/quantized_model_modelopt.pytorch.pth
                export.onnx_file=W/tao-experiments/rtdetr/export/model.onnx model.backbone=resnet_50
                model.pretrained_backbone_path=W/models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar
                export.is_quantized=true export.gpu_id=0""",
        "build-engine": """
            rtdetr gen_trt_engine -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr/engine
                gen_trt_engine.onnx_file=W/tao-experiments/rtdetr/export/model.onnx
                gen_trt_engine.trt_engine=W/tao-experiments/rtdetr/export/model.engine
                gen_trt_engine.tensorrt.data_type=INT8 gen_trt_engine.tensorrt.opt_batch_size=4
                gen_trt_engine.tensorrt.max_batch_size=4
                gen_trt_engine.tensorrt.calibration.cal_cache_file=W/tao-experiments/rtdetr/export/calibration.bin
                gen_trt_engine.gpu_id=0""",
        "evaluate-engine": """
            rtdetr evaluate -e W/specs/rtdetr.yaml results_dir=W/tao-experiments/rtdetr/engine
                evaluate.trt_engine=W/tao-experiments/rtdetr/export/model.engine dataset.batch_size=4
                evaluate.num_gpus=1""",
    },
    "ocdnet": {
        "download-model": """
            ngc registry model download-version nvidia/tao/ocdnet:trainable_resnet18_v1.0 --dest W/models""",
        "train-model": """
            ocdnet train -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet train.num_gpus=1
                model.backbone=deformable_resnet18
                dataset.train_dataset.data_path=[W/tao-experiments/data/text/train]
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test]
                model.pretrained_model_path=W/models/ocdnet_vtrainable_resnet18_v1.0/ocdnet_deformable_resnet18.pth
                train.num_epochs=30""",
        "evaluate-model": """
            ocdnet evaluate -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet
                evaluate.checkpoint=W/tao-experiments/ocdnet/train/model_best.pth model.backbone=deformable_resnet18
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test] evaluate.num_gpus=1""",
        "prune-model": """
            ocdnet prune -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet
                prune.checkpoint=W/tao-experiments/ocdnet/train/model_best.pth model.backbone=deformable_resnet18
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test] prune.ch_sparsity=0.1
                prune.gpu_id=0""",
        "retrain-model": """
            ocdnet train -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet/retrain train.num_gpus=1
                model.pruned_graph_path=W/tao-experiments/ocdnet/prune/pruned_0.1.pth
                model.backbone=deformable_resnet18
                dataset.train_dataset.data_path=[W/tao-experiments/data/text/train]
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test] model.load_pruned_graph=true
                train.num_epochs=30""",
        "reevaluate-model": """
            ocdnet evaluate -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet/retrain
                evaluate.checkpoint=W/tao-experiments/ocdnet/retrain/train/model_best.pth
                model.backbone=deformable_resnet18
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test] model.load_pruned_graph=true
                model.pruned_graph_path=W/tao-experiments/ocdnet/prune/pruned_0.1.pth evaluate.num_gpus=1""",
        "export-model": """
            ocdnet export -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet
                export.checkpoint=W/tao-experiments/ocdnet/retrain/train/model_best.pth
                export.onnx_file=W/tao-experiments/ocdnet/export/model.onnx model.backbone=deformable_resnet18
                model.load_pruned_graph=true model.pruned_graph_path=W/tao-experiments/ocdnet/prune/pruned_0.1.pth
                export.gpu_id=0""",
        "build-engine": """
            ocdnet gen_trt_engine -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet/engine
                gen_trt_engine.onnx_file=W/tao-experiments/ocdnet/export/model.onnx
                gen_trt_engine.trt_engine=W/tao-experiments/ocdnet/export/model.engine
                gen_trt_engine.tensorrt.data_type=FP16
                gen_trt_engine.tensorrt.calibration.cal_image_dir=[W/tao-experiments/data/text/train/img]
                gen_trt_engine.tensorrt.calibration.cal_cache_file=W/tao-experiments/ocdnet/export/calibration.bin
                gen_trt_engine.gpu_id=0""",
        "evaluate-engine": """
            ocdnet evaluate -e W/specs/ocdnet.yaml results_dir=W/tao-experiments/ocdnet/engine
                evaluate.trt_engine=W/tao-experiments/ocdnet/export/model.engine
                dataset.validate_dataset.data_path=[W/tao-experiments/data/text/test] evaluate.num_gpus=1""",
    },
    "data-services": {
        "download-model": """
            ngc registry model download-version nvidia/tao/mask_auto_label:trainable_v1.0 --dest W/models""",
        "convert-labels": """
            annotations convert -e W/specs/data_services_convert.yaml
                results_dir=W/tao-experiments/data_services/coco
                kitti.image_dir=W/tao-experiments/data/kitti/train/images
                kitti.label_dir=W/tao-experiments/data/kitti/train/labels kitti.project=annotations""",
        "auto-label": """
            auto_label generate -e W/specs/data_services_auto_label.yaml
                results_dir=W/tao-experiments/data_services/masks batch_size=4 mal.model.arch=vit-mae-base/16
                mal.checkpoint=W/models/mask_auto_label_vtrainable_v1.0/vit-mae-base-16epoch=10.pth
                mal.inference.img_dir=W/tao-experiments/data/kitti/train/images
                mal.inference.ann_path=W/tao-experiments/data_services/coco/annotations.json
                mal.inference.label_dump_path=W/tao-experiments/data_services/masks/annotations.json num_gpus=1""",
        "analyze-labels": """
            analytics analyze -e W/specs/data_services_analyze.yaml
                results_dir=W/tao-experiments/data_services/analysis data.input_format=COCO
                data.image_dir=W/tao-experiments/data/kitti/train/images
                data.ann_path=W/tao-experiments/data_services/masks/annotations.json
                image.generate_image_with_bounding_box=false""",
    },
}

# What each step waits for.
AFTER = {
    "classification-tf1": {
        "train-model": ["download-model"],
        "evaluate-model": ["train-model"],
        "prune-model": ["train-model"],
        "retrain-model": ["evaluate-model", "prune-model"],
        "reevaluate-model": ["retrain-model"],
        "export-model": ["retrain-model"],
        "build-engine": ["export-model"],
        "evaluate-engine": ["build-engine"],
    },
    "classification-pyt": {
        "train-model": ["download-model"],
        "evaluate-model": ["train-model"],
        "export-model": ["train-model"],
        "build-engine": ["export-model"],
        "evaluate-engine": ["build-engine"],
    },
    "detectnet-v2": {
        "train-model": ["convert-data", "download-model"],
        "evaluate-model": ["train-model"],
        "prune-model": ["train-model"],
        "retrain-model": ["evaluate-model", "prune-model"],
        "reevaluate-model": ["retrain-model"],
        "export-model": ["retrain-model"],
        "build-engine": ["export-model"],
        "evaluate-engine": ["build-engine"],
    },
    "rtdetr": {
        "train-model": ["download-model"],
        "evaluate-model": ["train-model"],
        "quantize-model": ["train-model"],
        "evaluate-quantized": ["quantize-model"],
        "export-model": ["quantize-model"],
        "build-engine": ["export-model"],
        "evaluate-engine": ["build-engine"],
    },
    "ocdnet": {
        "train-model": ["download-model"],
        "evaluate-model": ["train-model"],
        "prune-model": ["train-model"],
        "retrain-model": ["evaluate-model", "prune-model"],
        "reevaluate-model": ["retrain-model"],
        "export-model": ["retrain-model"],
        "build-engine": ["export-model"],
        "evaluate-engine": ["build-engine"],
    },
    "data-services": {
        "auto-label": ["convert-labels", "download-model"],
        "analyze-labels": ["auto-label"],
    },
}

# The choices of the Create Run screen.
DROP_DOWNS = {
    "classification-tf1": {
        "train_num_gpus": (1, 2, 4, 8),
        "prune_equalization_criterion": ("union", "intersection", "arithmetic_mean", "geometric_mean"),
        "engine_precision": ("fp32", "fp16", "int8"),
        "engine_batch_size": (1, 2, 4, 8, 16, 32, 64),
    },
    "classification-pyt": {
        "backbone": (
            "fan_tiny_8_p4_hybrid",
            "fan_small_12_p4_hybrid",
            "fan_base_16_p4_hybrid",
            "fan_large_16_p4_hybrid",
            "resnet_18",
            "resnet_50",
            "convnext_tiny",
            "efficientvit_b1",
        ),
        "train_num_gpus": (1, 2, 4, 8),
        "train_precision": ("fp32", "fp16"),
        "engine_precision": ("FP32", "FP16"),
        "engine_batch_size": (1, 2, 4, 8, 16, 32, 64),
    },
    "detectnet-v2": {
        "train_num_gpus": (1, 2, 4, 8),
        "prune_equalization_criterion": ("union", "intersection", "arithmetic_mean", "geometric_mean"),
        "engine_precision": ("fp32", "fp16", "int8"),
        "engine_batch_size": (1, 2, 4, 8, 16, 32),
    },
    "rtdetr": {
        "backbone": (
            "resnet_18",
            "resnet_34",
            "resnet_50",
            "resnet_101",
            "convnext_tiny",
            "convnext_small",
            "convnext_base",
            "efficientvit_b1",
            "efficientvit_l1",
        ),
        "train_num_gpus": (1, 2, 4, 8),
        "train_precision": ("bf16", "fp16", "fp32"),
        "engine_batch_size": (1, 2, 4, 8, 16),
    },
    "ocdnet": {
        "backbone": ("deformable_resnet18", "deformable_resnet50", "fan_tiny_8_p4_hybrid"),
        "train_num_gpus": (1, 2, 4, 8),
        "prune_sparsity": ("0.05", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5"),
        "engine_precision": ("FP32", "FP16", "INT8"),
    },
    "data-services": {
        "label_arch": (
            "vit-deit-tiny/16",
            "vit-deit-small/16",
            "vit-mae-base/16",
            "vit-mae-large/16",
            "vit-mae-huge/14",
        ),
        "label_batch_size": (1, 2, 4, 8, 16),
    },
}

# Every file that a step needs from an earlier one, and that one: the names are those that TAO's own programs write.
# PyTorch: `checkpoint_filename` of each network's pl_*_model.py, prune.py of ocdnet, core/quantization of 7.1.0.
WRITERS = {
    "classification-tf1": {
        "tao-experiments/classification_tf1/train/weights/resnet_020.hdf5": "train-model",
        "tao-experiments/classification_tf1/prune/resnet18_pruned.hdf5": "prune-model",
        "tao-experiments/classification_tf1/retrain/weights/resnet_020.hdf5": "retrain-model",
        "tao-experiments/classification_tf1/retrain/classmap.json": "retrain-model",
        "tao-experiments/classification_tf1/export/model.onnx": "export-model",
        "tao-experiments/classification_tf1/export/model.engine": "build-engine",
    },
    "classification-pyt": {
        "models/pretrained_fan_classification_imagenet_vfan_hybrid_small/fan_hybrid_small.pth": "download-model",
        "tao-experiments/classification_pyt/train/classifier_model_latest.pth": "train-model",
        "tao-experiments/classification_pyt/export/model.onnx": "export-model",
        "tao-experiments/classification_pyt/export/model.engine": "build-engine",
    },
    "detectnet-v2": {
        "tao-experiments/detectnet_v2/train/weights/model.hdf5": "train-model",
        "tao-experiments/detectnet_v2/prune/model_pruned.hdf5": "prune-model",
        "tao-experiments/detectnet_v2/retrain/weights/model.hdf5": "retrain-model",
        "tao-experiments/detectnet_v2/export/model.onnx": "export-model",
        "tao-experiments/detectnet_v2/export/model.engine": "build-engine",
    },
    "rtdetr": {
        "models/pretrained_deformable_detr_nvimagenet_vresnet50/resnet50_nvimagenetv2.pth.tar": "download-model",
        "tao-experiments/rtdetr/train/rtdetr_model_latest.pth": "train-model",
        "tao-experiments/rtdetr/quantize/quantized_model_modelopt.pytorch.pth": "quantize-model",
        "tao-experiments/rtdetr/export/model.onnx": "export-model",
        "tao-experiments/rtdetr/export/model.engine": "build-engine",
    },
    "ocdnet": {
        "models/ocdnet_vtrainable_resnet18_v1.0/ocdnet_deformable_resnet18.pth": "download-model",
        "tao-experiments/ocdnet/train/model_best.pth": "train-model",
        "tao-experiments/ocdnet/prune/pruned_0.1.pth": "prune-model",
        "tao-experiments/ocdnet/retrain/train/model_best.pth": "retrain-model",
        "tao-experiments/ocdnet/export/model.onnx": "export-model",
        "tao-experiments/ocdnet/export/model.engine": "build-engine",
    },
    "data-services": {
        "models/mask_auto_label_vtrainable_v1.0/vit-mae-base-16epoch=10.pth": "download-model",
        "tao-experiments/data_services/coco/annotations.json": "convert-labels",
        "tao-experiments/data_services/masks/annotations.json": "auto-label",
    },
}

each = pytest.mark.parametrize("name", COMMANDS)
yaml_specs = pytest.mark.parametrize("file", sorted(path.name for path in SPECS.glob("*.yaml")))


@pytest.fixture
def graph(name: str) -> Graph:
    return find(name).build()


def read_by_tao(graph: Graph, step: Step) -> list[str]:
    """The words of a command at the defaults, without the quotes for those that TAO passes them on to; the goldens have these."""
    words = [example(graph, word).replace(MOUNT, "W") for word in (*step.command, *step.arguments)]
    return [shlex.split(word.replace("'\\''", "'"))[0].replace('"', "") for word in words]


def test_all_ready_made_pipelines_are_looked_at():
    assert set(COMMANDS) | {"classification"} == set(READY_MADE)


@each
@pytest.mark.parametrize("target", ["kfp", "argo"])
def test_it_is_compiled_without_an_error(name, target, tmp_path):
    compiled = find(name).compile(tmp_path / "package.tar.gz", target=target)
    with tarfile.open(tmp_path / "package.tar.gz") as package:
        assert len(package.getnames()) == 1
    assert compiled.target == target


@each
def test_every_step_runs_its_command(name, graph):
    commands = {step.name: read_by_tao(graph, step) for step in graph.steps.values()}
    assert commands == {step: text.split() for step, text in COMMANDS[name].items()}


@each
def test_every_step_waits_for_what_it_needs(name, graph):
    assert {step.name: sorted(step.depends_on) for step in graph.steps.values() if step.depends_on} == AFTER[name]


@each
def test_every_file_that_a_step_needs_is_written_by_one_before(name, graph):
    writers, ancestors = WRITERS[name], graph.ancestors()
    read = {(path.relative, step.name) for step in graph.steps.values() for path in step.reads if path.produced}
    assert {path for path, _ in read} == set(writers)
    assert [(path, step) for path, step in read if writers[path] not in ancestors[step]] == []
    for path, writer in writers.items():
        written = [one.relative for one in graph.steps[writer].writes]
        assert any(posixpath.commonpath([path, folder]) == folder for folder in written), f"{writer} writes {written}"


@each
def test_what_is_chosen_is_offered_as_a_drop_down(name):
    offered = {parameter.name: parameter.choices for parameter in find(name).parameters().values()}
    assert {parameter: choices for parameter, choices in offered.items() if choices} == DROP_DOWNS[name]


@each
def test_every_choice_of_a_drop_down_can_be_built(name):
    pipeline = find(name)
    for parameter, choices in DROP_DOWNS[name].items():
        for choice in choices:
            pipeline.build({parameter: choice})


@each
def test_every_parameter_is_described(name):
    assert [one.name for one in find(name).parameters().values() if not one.description] == []


@each
def test_no_parameter_holds_a_key(name):
    assert [one for one in find(name).parameters() if re.search(r"(^|_)(key|token|secret|password)", one)] == []


@each
def test_every_result_is_below_one_folder(name, graph):
    results = graph.parameters["results"].default
    assert results == f"tao-experiments/{name.replace('-', '_')}"
    written = {path.relative for step in graph.steps.values() for path in step.writes}
    assert [path for path in written if path != "models" and not f"{path}/".startswith(f"{results}/")] == []


@each
def test_another_folder_for_the_results_moves_them_all(name):
    graph = find(name).build({"results": "tao-experiments/second-run"})
    texts = [example(graph, word) for step in graph.steps.values() for word in (*step.command, *step.arguments)]
    assert [text for text in texts if find(name).parameters()["results"].default in text] == []


@each
def test_only_the_download_runs_without_a_gpu(name, graph):
    assert [step.name for step in graph.steps.values() if not step.uses_gpu] == ["download-model"]


@each
def test_the_training_gets_as_many_gpus_as_the_run_says(name):
    parameters = find(name).parameters()
    if "train_num_gpus" not in parameters:
        assert name == "data-services"
        return
    workflow = argo_of(find(name).build({"train_num_gpus": 4}))
    assert {one["name"]: one["value"] for one in workflow["spec"]["arguments"]["parameters"]}["train_num_gpus"] == "4"
    graph = find(name).build()
    trainings = [step.name for step in graph.steps.values() if step.gpus == graph.steps["train-model"].gpus]
    assert trainings == [one for one in ("train-model", "retrain-model") if one in graph.steps]


@each
@pytest.mark.parametrize("target", ["kfp", "argo"])
def test_check_finds_nothing_wrong_with_it_or_its_spec_files(name, target, tao_kfp):
    done = tao_kfp("check", name, "--target", target)
    counts = f"{len(COMMANDS[name])} steps, {len(find(name).parameters())} parameters"
    files = {text.split()[text.split().index("-e") + 1] for text in COMMANDS[name].values() if " -e " in text}
    files |= {text.split()[text.split().index("-d") + 1] for text in COMMANDS[name].values() if " -d " in text}
    assert (done.returncode, done.stdout) == (0, f"tao-{name}: ok, {counts}, {len(files)} spec files\n"), done.stderr
    assert "error" not in done.stderr


# Spec files --------------------------------------------------------------------------------------


def wrong(keys: Mapping[str, Key], name: str, value: Any) -> Iterator[str]:
    """What is wrong with a value of a YAML spec, and with all below it."""
    row = find_key(keys, name)
    kind = row.type.rstrip("?") if row else ""
    if row is None:
        yield f"{name} is no key"
    elif kind == "section":
        for key, inner in value.items():
            yield from wrong(keys, f"{name}.{key}", inner)
    elif kind == "[section]":
        for item in value:
            for key, inner in item.items():
                yield from wrong(keys, f"{name}[].{key}", inner)
    else:
        yield from (f"{name}{where} {what}" for where, what in values.problems(row, value))


def readers(file: str) -> list[Any]:
    """The steps that read a spec file, with their actions."""
    steps = [step for name in COMMANDS for step in find(name).build().steps.values()]
    return [step.spec for step in steps if step.spec and step.spec.path.relative == f"specs/{file}"]


@yaml_specs
def test_a_yaml_spec_holds_keys_of_tao_with_values_that_fit(file):
    spec = yaml.safe_load((SPECS / file).read_text(encoding="utf-8"))
    uses = readers(file)
    assert uses
    for use in uses:
        assert [text for key, value in spec.items() for text in wrong(use.action.keys, key, value)] == []


def test_a_wrong_yaml_spec_would_be_seen():
    keys = readers("rtdetr.yaml")[0].action.keys
    assert list(wrong(keys, "train", {"num_epoch": 1})) == ["train.num_epoch is no key"]
    assert list(wrong(keys, "train", {"num_epochs": "ten"})) == ["train.num_epochs 'ten' is not a whole number"]
    assert list(wrong(keys, "quantize", {"layers": [{"module": "Linear"}]})) == ["quantize.layers[].module is no key"]


@yaml_specs
def test_a_yaml_spec_holds_no_number_that_is_read_as_text(file):
    assert re.findall(r"(?<![\w.])\d+e-?\d+", (SPECS / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", sorted(path.name for path in SPECS.iterdir() if path.is_file()))
def test_every_path_of_a_spec_is_below_the_mount(file):
    text = re.sub(r"(?m)^\s*#.*$", "", (SPECS / file).read_text(encoding="utf-8"))
    assert [path for path in re.findall(r"[\s\"\[](/[\w./*-]+)", text) if not path.startswith(f"{MOUNT}/")] == []


def fields(message: Message, path: str) -> list[Any]:
    """The values of a field of protobuf text, by its dotted path."""
    first, _, rest = path.partition(".")
    found = [field.value for field in message.fields if field.name == first]
    return [value for one in found for value in fields(one, rest)] if rest else found


def tf1(file: str) -> Message:
    return parse((SPECS / file).read_text(encoding="utf-8"), file)


@pytest.mark.parametrize(
    ("file", "field", "path"),
    [
        ("classification_tf1.cfg", "eval_config.model_path", "train/weights/resnet_020.hdf5"),
        ("classification_tf1_retrain.cfg", "train_config.pretrained_model_path", "prune/resnet18_pruned.hdf5"),
        ("classification_tf1_retrain.cfg", "eval_config.model_path", "retrain/weights/resnet_020.hdf5"),
    ],
)
def test_the_classification_specs_name_what_the_steps_write(file, field, path):
    assert fields(tf1(file), field) == [f"{MOUNT}/tao-experiments/classification_tf1/{path}"]
    assert f"tao-experiments/classification_tf1/{path}" in WRITERS["classification-tf1"]


@pytest.mark.parametrize("file", ["classification_tf1.cfg", "classification_tf1_retrain.cfg"])
def test_the_last_checkpoint_of_classification_is_that_of_the_last_epoch(file):
    (arch,), (epochs,) = fields(tf1(file), "model_config.arch"), fields(tf1(file), "train_config.n_epochs")
    last = find("classification-tf1").parameters()["last_checkpoint"].default
    assert f"{arch}_{epochs:03d}.hdf5" == last


@pytest.mark.parametrize(
    ("file", "field", "name"),
    [
        ("classification_tf1.cfg", "train_config.pretrained_model_path", "classification-tf1"),
        ("detectnet_v2_train.txt", "model_config.pretrained_model_file", "detectnet-v2"),
    ],
)
def test_the_first_training_of_tf1_starts_where_the_pull_puts_the_model(file, field, name):
    model, version = find(name).parameters()["pretrained_model_name"].default.rpartition("/")[2].split(":")
    assert fields(tf1(file), field)[0].startswith(f"{MOUNT}/models/{model}_v{version}/")


def test_detectnet_trains_again_from_the_pruned_graph():
    spec = tf1("detectnet_v2_retrain.txt")
    assert fields(spec, "model_config.pretrained_model_file") == [
        f"{MOUNT}/tao-experiments/detectnet_v2/prune/model_pruned.hdf5"
    ]
    assert [str(value) for value in fields(spec, "model_config.load_graph")] == ["True"]


@pytest.mark.parametrize("file", ["detectnet_v2_train.txt", "detectnet_v2_retrain.txt"])
def test_detectnet_trains_on_what_the_conversion_wrote(file):
    (pattern,) = fields(tf1(file), "dataset_config.data_sources.tfrecords_path")
    convert = find("detectnet-v2").build().steps["convert-data"]
    assert pattern.removesuffix("-*") in [example(find("detectnet-v2").build(), path.text) for path in convert.writes]
    (images,) = fields(tf1(file), "dataset_config.data_sources.image_directory_path")
    assert fields(tf1("detectnet_v2_convert.txt"), "image_directory_path") == [images]
    assert fields(tf1("detectnet_v2_convert.txt"), "kitti_config.root_directory_path") == [images]


@pytest.mark.parametrize("file", ["detectnet_v2_train.txt", "detectnet_v2_retrain.txt"])
def test_every_section_of_detectnet_names_every_class(file):
    spec = tf1(file)
    classes = set(fields(spec, "dataset_config.target_class_mapping.value"))
    for section in (
        "postprocessing_config.target_class_config.key",
        "evaluation_config.minimum_detection_ground_truth_overlap.key",
        "evaluation_config.evaluation_box_config.key",
        "cost_function_config.target_classes.name",
        "bbox_rasterizer_config.target_class_config.key",
    ):
        assert set(fields(spec, section)) == classes, section


def test_the_engine_and_the_data_of_ocdnet_are_of_one_size():
    spec = yaml.safe_load((SPECS / "ocdnet.yaml").read_text(encoding="utf-8"))
    (resize,) = spec["dataset"]["validate_dataset"]["args"]["pre_processes"]
    sizes = [[spec[section]["width"], spec[section]["height"]] for section in ("export", "gen_trt_engine")]
    assert sizes == [resize["args"]["short_size"]] * 2
