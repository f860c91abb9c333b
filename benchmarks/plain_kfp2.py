"""The classification pipeline as a user of kfp 2 writes it: `python plain_kfp2.py OUT.yaml`.

It makes the steps of tao_kfp.pipelines.classification with the same commands and settings: container
components, which two steps share where only their arguments differ, and the calls of kfp.kubernetes.
kfp 2 has no call for a drop-down and none for a mount path given at run time; both are left out.
"""

import sys

from kfp import compiler, dsl, kubernetes

TAO_IMAGE = "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3"
NGC_IMAGE = "localhost/tao-kfp-ngc:4.37"
MOUNT = "/mnt/workspace"
KEY = "$(TAO_KEY)"


@dsl.container_component
def download_model(model: str, dest: str):
    return dsl.ContainerSpec(
        image=NGC_IMAGE,
        command=["ngc"],
        args=["registry", "model", "download-version", model, "--dest", f"{MOUNT}/{dest}"],
    )


@dsl.container_component
def train_model(spec: str, results: str, num_gpus: int):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=["train", "--gpus", num_gpus, "-k", KEY, "-e", f"{MOUNT}/{spec}", "-r", f"{MOUNT}/{results}"],
    )


@dsl.container_component
def evaluate_model(spec: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE, command=["classification"], args=["evaluate", "-e", f"{MOUNT}/{spec}", "-k", KEY]
    )


@dsl.container_component
def prune_model(model: str, output: str, threshold: float, criterion: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=[
            "prune",
            *("-k", KEY),
            *("-m", f"{MOUNT}/{model}"),
            *("-o", f"{MOUNT}/{output}"),
            *("-pth", threshold),
            *("-eq", criterion),
        ],
    )


@dsl.container_component
def test_infer(spec: str, model: str, images: str, batch_size: int, classmap: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=[
            "inference",
            *("-k", KEY),
            *("-e", f"{MOUNT}/{spec}"),
            *("-m", f"{MOUNT}/{model}"),
            *("-d", f"{MOUNT}/{images}"),
            *("-b", batch_size),
            *("-cm", f"{MOUNT}/{classmap}"),
        ],
    )


@dsl.container_component
def export_model(model: str, output: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=["export", "-m", f"{MOUNT}/{model}", "-k", KEY, "-o", f"{MOUNT}/{output}"],
    )


@dsl.container_component
def calibrate_model(spec: str, max_batches: int, output: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=["calibration_tensorfile", "-e", f"{MOUNT}/{spec}", "-m", max_batches, "-o", f"{MOUNT}/{output}"],
    )


@dsl.container_component
def export_int8_model(model: str, output: str, data: str, batches: int, cache: str):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["classification"],
        args=[
            "export",
            *("-m", f"{MOUNT}/{model}"),
            *("-k", KEY),
            *("-o", f"{MOUNT}/{output}"),
            *("--cal_data_file", f"{MOUNT}/{data}"),
            *("--data_type", "int8"),
            *("--batches", batches),
            *("--cal_cache_file", f"{MOUNT}/{cache}"),
            "-v",
        ],
    )


@dsl.container_component
def convert_trt(
    model: str,
    cache: str,
    layer: str,
    dims: str,
    input_type: str,
    max_batch_size: int,
    precision: str,
    output: str,
    batch_size: int,
):
    return dsl.ContainerSpec(
        image=TAO_IMAGE,
        command=["converter"],
        args=[
            f"{MOUNT}/{model}",
            *("-k", KEY),
            *("-c", f"{MOUNT}/{cache}"),
            *("-o", layer),
            *("-d", dims),
            *("-i", input_type),
            *("-m", max_batch_size),
            *("-t", precision),
            *("-e", f"{MOUNT}/{output}"),
            *("-b", batch_size),
        ],
    )


def on_every_step(task):
    task.set_caching_options(False)
    task.set_retry(2, backoff_duration="60s", backoff_factor=2)
    kubernetes.set_image_pull_secrets(task, ["nvcr-pull-secret"])
    kubernetes.mount_pvc(task, pvc_name="tao-workspace", mount_path=MOUNT)
    return task


def on_gpu(task, num_gpus=1):
    on_every_step(task)
    task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(num_gpus)
    kubernetes.add_toleration(task, key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")
    kubernetes.use_secret_as_env(task, "tao-key", {"key": "TAO_KEY"})
    kubernetes.empty_dir_mount(task, volume_name="dshm", mount_path="/dev/shm", medium="Memory", size_limit="16Gi")
    return task


@dsl.pipeline(
    name="tao-classification",
    description="Fine-tune an image classifier, prune it, train it again, and build a TensorRT engine for INT8.",
)
def classification(
    pretrained_model_name: str = "nvidia/tao/pretrained_classification:resnet18",
    pretrained_model_dir: str = "models",
    train_classification_data: str = "tao-experiments/data",
    train_classification_spec: str = "specs/classification_spec.cfg",
    train_classification_output: str = "tao-experiments/output",
    train_num_gpus: int = 1,
    prune_model_input_file: str = "tao-experiments/output/weights/resnet_020.tlt",
    prune_model_output_file: str = "tao-experiments/output-pruned/resnet18_nopool_bn_pruned.tlt",
    prune_equalization_criterion: str = "union",
    prune_threshold: float = 0.6,
    retrain_classification_spec: str = "specs/classification_retrain_spec.cfg",
    retrain_classification_output: str = "tao-experiments/output-retrain",
    test_infer_model_input_file: str = "tao-experiments/output-retrain/weights/resnet_020.tlt",
    test_infer_image_path: str = "tao-experiments/data/split/test/person",
    test_infer_class_map: str = "tao-experiments/output-retrain/classmap.json",
    test_infer_batch_size: int = 16,
    export_model_input_file: str = "tao-experiments/output-retrain/weights/resnet_020.tlt",
    export_model_output_file: str = "tao-experiments/export/final_model.etlt",
    calibrate_classification_spec: str = "specs/classification_retrain_spec.cfg",
    calibrate_max_batches: int = 10,
    calibrate_output_file: str = "tao-experiments/export/calibration.tensor",
    export_int8_cache_file: str = "tao-experiments/export/final_model_int8_cache.bin",
    export_int8_batches: int = 10,
    export_int8_model_output_file: str = "tao-experiments/export/final_int8_model.etlt",
    convert_trt_output_file: str = "tao-experiments/export/final_model.trt",
    convert_trt_output_layer: str = "predictions/Softmax",
    convert_trt_dims: str = "3,224,224",
    convert_trt_input_type: str = "nchw",
    convert_trt_max_batch_size: int = 64,
    convert_trt_precision: str = "int8",
    convert_trt_batch_size: int = 64,
):
    pull = on_every_step(download_model(model=pretrained_model_name, dest=pretrained_model_dir))
    kubernetes.use_secret_as_env(pull, "ngc-api-key", {"key": "NGC_CLI_API_KEY"}, optional=True)

    train = train_model(
        spec=train_classification_spec, results=train_classification_output, num_gpus=train_num_gpus
    ).after(pull)
    on_gpu(train, train_num_gpus)

    evaluate = on_gpu(evaluate_model(spec=train_classification_spec).after(train))
    prune = on_gpu(
        prune_model(
            model=prune_model_input_file,
            output=prune_model_output_file,
            threshold=prune_threshold,
            criterion=prune_equalization_criterion,
        ).after(train)
    )

    retrain = train_model(
        spec=retrain_classification_spec, results=retrain_classification_output, num_gpus=train_num_gpus
    ).after(evaluate, prune)
    on_gpu(retrain, train_num_gpus).set_display_name("retrain-model")

    on_gpu(evaluate_model(spec=retrain_classification_spec).after(retrain)).set_display_name("reevaluate-model")
    on_gpu(
        test_infer(
            spec=retrain_classification_spec,
            model=test_infer_model_input_file,
            images=test_infer_image_path,
            batch_size=test_infer_batch_size,
            classmap=test_infer_class_map,
        ).after(retrain)
    )
    on_gpu(export_model(model=export_model_input_file, output=export_model_output_file).after(retrain))
    calibrate = on_gpu(
        calibrate_model(
            spec=calibrate_classification_spec, max_batches=calibrate_max_batches, output=calibrate_output_file
        ).after(retrain)
    )

    export_int8 = on_gpu(
        export_int8_model(
            model=export_model_input_file,
            output=export_int8_model_output_file,
            data=calibrate_output_file,
            batches=export_int8_batches,
            cache=export_int8_cache_file,
        ).after(calibrate)
    )
    on_gpu(
        convert_trt(
            model=export_int8_model_output_file,
            cache=export_int8_cache_file,
            layer=convert_trt_output_layer,
            dims=convert_trt_dims,
            input_type=convert_trt_input_type,
            max_batch_size=convert_trt_max_batch_size,
            precision=convert_trt_precision,
            output=convert_trt_output_file,
            batch_size=convert_trt_batch_size,
        ).after(export_int8)
    )


if __name__ == "__main__":
    compiler.Compiler().compile(classification, sys.argv[1])
