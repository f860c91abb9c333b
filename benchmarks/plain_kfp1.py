"""The classification pipeline as a user of kfp 1.8 writes it: `python plain_kfp1.py OUT.tar.gz`.

It makes the steps of tao_kfp.pipelines.classification in the way of the pipeline that
docs/coming-from-kfp-v1.md describes: one subclass of ContainerOp per command, and a loop at the end
that gives every step what all of them need. It runs with kfp 1.8.24, and is also the reference that
the argo target is compared with.
"""

import sys
import warnings

from kfp import compiler, dsl
from kubernetes import client as k8s

TAO_IMAGE = "nvcr.io/nvidia/tao/tao-toolkit-tf:v3.21.08-py3"
NGC_IMAGE = "localhost/tao-kfp-ngc:4.37"
KEY = "$(TAO_KEY)"


class PullOp(dsl.ContainerOp):
    def __init__(self, name, mount, model, dest):
        super().__init__(
            name=name,
            image=NGC_IMAGE,
            command=["ngc"],
            arguments=["registry", "model", "download-version", model, "--dest", f"{mount}/{dest}"],
        )


class TrainOp(dsl.ContainerOp):
    def __init__(self, name, mount, spec, results, num_gpus):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=["train", "--gpus", num_gpus, "-k", KEY, "-e", f"{mount}/{spec}", "-r", f"{mount}/{results}"],
        )


class EvaluateOp(dsl.ContainerOp):
    def __init__(self, name, mount, spec):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=["evaluate", "-e", f"{mount}/{spec}", "-k", KEY],
        )


class PruneOp(dsl.ContainerOp):
    def __init__(self, name, mount, model, output, threshold, criterion):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=[
                "prune",
                *("-k", KEY),
                *("-m", f"{mount}/{model}"),
                *("-o", f"{mount}/{output}"),
                *("-pth", threshold),
                *("-eq", criterion),
            ],
        )


class InferenceOp(dsl.ContainerOp):
    def __init__(self, name, mount, spec, model, images, batch_size, classmap):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=[
                "inference",
                *("-k", KEY),
                *("-e", f"{mount}/{spec}"),
                *("-m", f"{mount}/{model}"),
                *("-d", f"{mount}/{images}"),
                *("-b", batch_size),
                *("-cm", f"{mount}/{classmap}"),
            ],
        )


class ExportOp(dsl.ContainerOp):
    def __init__(self, name, mount, model, output):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=["export", "-m", f"{mount}/{model}", "-k", KEY, "-o", f"{mount}/{output}"],
        )


class CalibrateOp(dsl.ContainerOp):
    def __init__(self, name, mount, spec, max_batches, output):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=["calibration_tensorfile", "-e", f"{mount}/{spec}", "-m", max_batches, "-o", f"{mount}/{output}"],
        )


class ExportInt8Op(dsl.ContainerOp):
    def __init__(self, name, mount, model, output, data, batches, cache):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["classification"],
            arguments=[
                "export",
                *("-m", f"{mount}/{model}"),
                *("-k", KEY),
                *("-o", f"{mount}/{output}"),
                *("--cal_data_file", f"{mount}/{data}"),
                *("--data_type", "int8"),
                *("--batches", batches),
                *("--cal_cache_file", f"{mount}/{cache}"),
                "-v",
            ],
        )


class ConvertOp(dsl.ContainerOp):
    def __init__(
        self, name, mount, model, cache, layer, dims, input_type, max_batch_size, precision, output, batch_size
    ):
        super().__init__(
            name=name,
            image=TAO_IMAGE,
            command=["converter"],
            arguments=[
                f"{mount}/{model}",
                *("-k", KEY),
                *("-c", f"{mount}/{cache}"),
                *("-o", layer),
                *("-d", dims),
                *("-i", input_type),
                *("-m", max_batch_size),
                *("-t", precision),
                *("-e", f"{mount}/{output}"),
                *("-b", batch_size),
            ],
        )


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
    tao_mount_dir: str = "/mnt/workspace",
):
    mount = tao_mount_dir
    ops = {}
    ops["pull"] = PullOp("download-model", mount, pretrained_model_name, pretrained_model_dir)
    ops["train"] = TrainOp(
        "train-model", mount, train_classification_spec, train_classification_output, train_num_gpus
    ).after(ops["pull"])
    ops["evaluate"] = EvaluateOp("evaluate-model", mount, train_classification_spec).after(ops["train"])
    ops["prune"] = PruneOp(
        "prune-model",
        mount,
        prune_model_input_file,
        prune_model_output_file,
        prune_threshold,
        prune_equalization_criterion,
    ).after(ops["train"])
    ops["retrain"] = TrainOp(
        "retrain-model", mount, retrain_classification_spec, retrain_classification_output, train_num_gpus
    ).after(ops["evaluate"], ops["prune"])
    ops["reevaluate"] = EvaluateOp("reevaluate-model", mount, retrain_classification_spec).after(ops["retrain"])
    ops["infer"] = InferenceOp(
        "test-infer",
        mount,
        retrain_classification_spec,
        test_infer_model_input_file,
        test_infer_image_path,
        test_infer_batch_size,
        test_infer_class_map,
    ).after(ops["retrain"])
    ops["export"] = ExportOp("export-model", mount, export_model_input_file, export_model_output_file).after(
        ops["retrain"]
    )
    ops["calibrate"] = CalibrateOp(
        "calibrate-model", mount, calibrate_classification_spec, calibrate_max_batches, calibrate_output_file
    ).after(ops["retrain"])
    ops["export_int8"] = ExportInt8Op(
        "export-int8-model",
        mount,
        export_model_input_file,
        export_int8_model_output_file,
        calibrate_output_file,
        export_int8_batches,
        export_int8_cache_file,
    ).after(ops["calibrate"])
    ops["convert"] = ConvertOp(
        "convert-trt",
        mount,
        export_int8_model_output_file,
        export_int8_cache_file,
        convert_trt_output_layer,
        convert_trt_dims,
        convert_trt_input_type,
        convert_trt_max_batch_size,
        convert_trt_precision,
        convert_trt_output_file,
        convert_trt_batch_size,
    ).after(ops["export_int8"])

    for name, op in ops.items():
        op.add_volume(
            k8s.V1Volume(
                name="workspace",
                persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="tao-workspace"),
            )
        )
        op.add_volume_mount(k8s.V1VolumeMount(name="workspace", mount_path=str(mount)))
        op.set_retry(2, policy="Always", backoff_duration="60s", backoff_factor=2)
        op.set_caching_options(enable_caching=False)
        if name == "pull":
            op.add_env_variable(secret_variable("NGC_CLI_API_KEY", "ngc-api-key", optional=True))
            continue
        op.add_env_variable(secret_variable("TAO_KEY", "tao-key"))
        op.add_volume(
            k8s.V1Volume(name="dshm", empty_dir=k8s.V1EmptyDirVolumeSource(medium="Memory", size_limit="16Gi"))
        )
        op.add_volume_mount(k8s.V1VolumeMount(name="dshm", mount_path="/dev/shm"))
        op.add_toleration(k8s.V1Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"))
        # The two training steps have no limit here: theirs is the run parameter train_num_gpus, and
        # kfp 1.8 writes a limit that is a parameter under the wrong resource name (kubeflow/pipelines#6858).
        if name not in ("train", "retrain"):
            op.set_gpu_limit("1")

    dsl.get_pipeline_conf().set_image_pull_secrets([k8s.V1LocalObjectReference(name="nvcr-pull-secret")])


def secret_variable(name, secret, optional=None):
    selector = k8s.V1SecretKeySelector(name=secret, key="key", optional=optional)
    return k8s.V1EnvVar(name=name, value_from=k8s.V1EnvVarSource(secret_key_ref=selector))


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)  # ContainerOp warns of itself, once per step
    compiler.Compiler().compile(classification, sys.argv[1])
