"""Prepare data with TAO 7.1: convert labels from KITTI to COCO, add a mask to each box, and draw what is in them."""

from __future__ import annotations

from typing import Literal

from tao_kfp.ops.pull import PullOp
from tao_kfp.ops.tao_op import Reads, TaoOp, Writes
from tao_kfp.pipelines.builder import pipeline
from tao_kfp.workspace import Claim


@pipeline(name="tao-data-services", release="7.1", workspace=Claim("tao-workspace"))
def data_services(
    images: str = "tao-experiments/data/kitti/train/images",
    labels: str = "tao-experiments/data/kitti/train/labels",
    results: str = "tao-experiments/data_services",
    convert_spec: str = "specs/data_services_convert.yaml",
    label_spec: str = "specs/data_services_auto_label.yaml",
    label_model_name: str = "nvidia/tao/mask_auto_label:trainable_v1.0",
    label_model_dir: str = "models",
    label_model_file: str = "mask_auto_label_vtrainable_v1.0/vit-mae-base-16epoch=10.pth",
    label_arch: Literal[
        "vit-deit-tiny/16", "vit-deit-small/16", "vit-mae-base/16", "vit-mae-large/16", "vit-mae-huge/14"
    ] = "vit-mae-base/16",
    label_batch_size: Literal[1, 2, 4, 8, 16] = 4,
    analyze_spec: str = "specs/data_services_analyze.yaml",
    analyze_draw_boxes: bool = False,
) -> None:
    """Convert KITTI labels to COCO, make a mask for every box, and analyze the result.

    Args:
        images: Folder of the images.
        labels: Folder of their labels in KITTI format, one file for each image.
        results: Folder for all that the run writes: coco, masks and analysis.
        convert_spec: Spec file of the conversion.
        label_spec: Spec file of the automatic labels.
        label_model_name: NGC model that makes masks of boxes, ORG/TEAM/NAME:VERSION.
        label_model_dir: Folder of the workspace for it.
        label_model_file: Its file below that folder, NAME_vVERSION/FILE.
        label_arch: Network that this model is of.
        label_batch_size: Boxes at a time.
        analyze_spec: Spec file of the analysis.
        analyze_draw_boxes: Draw the boxes on a sample of the images, too.
    """
    boxes = f"{results}/coco/annotations.json"
    masks = f"{results}/masks/annotations.json"
    checkpoint = f"{label_model_dir}/{label_model_file}"

    pull = PullOp("download-model", model=label_model_name, dest=label_model_dir)
    convert = TaoOp(
        "convert-labels",
        network="annotations",
        action="convert",
        options={"spec": convert_spec, "results": f"{results}/coco"},
        # TAO names the file after the project.
        flags={"kitti.image_dir": images, "kitti.label_dir": labels, "kitti.project": "annotations"},
    )
    # On one GPU: with more, the data services of 7.1 drop what stands on the command line.
    label = TaoOp(
        "auto-label",
        network="auto_label",
        action="generate",
        options={"spec": label_spec, "results": f"{results}/masks"},
        flags={
            "batch_size": label_batch_size,
            "mal.model.arch": label_arch,
            "mal.checkpoint": Reads(checkpoint, produced=True),
            "mal.inference.img_dir": images,
            "mal.inference.ann_path": Reads(boxes, produced=True),
            "mal.inference.label_dump_path": Writes(masks),
        },
    ).after(pull, convert)
    TaoOp(
        "analyze-labels",
        network="analytics",
        action="analyze",
        options={"spec": analyze_spec, "results": f"{results}/analysis"},
        flags={
            "data.input_format": "COCO",
            "data.image_dir": images,
            "data.ann_path": Reads(masks, produced=True),
            "image.generate_image_with_bounding_box": analyze_draw_boxes,
        },
    ).after(label)
