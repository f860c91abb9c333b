"""The ready-made classification pipeline, against the system that it replaces (TAO 3.21.08 on KFP v1)."""

from __future__ import annotations

from tao_kfp.pipelines.classification import classification

PARAMETERS = {
    "pretrained_model_name": "nvidia/tao/pretrained_classification:resnet18",
    "pretrained_model_dir": "models",
    "train_classification_data": "tao-experiments/data",
    "train_classification_spec": "specs/classification_spec.cfg",
    "train_classification_output": "tao-experiments/output",
    "train_num_gpus": 1,
    "prune_model_input_file": "tao-experiments/output/weights/resnet_020.tlt",
    "prune_model_output_file": "tao-experiments/output-pruned/resnet18_nopool_bn_pruned.tlt",
    "prune_equalization_criterion": "union",
    "prune_threshold": 0.6,
    "retrain_classification_spec": "specs/classification_retrain_spec.cfg",
    "retrain_classification_output": "tao-experiments/output-retrain",
    "test_infer_model_input_file": "tao-experiments/output-retrain/weights/resnet_020.tlt",
    "test_infer_image_path": "tao-experiments/data/split/test/person",
    "test_infer_class_map": "tao-experiments/output-retrain/classmap.json",
    "test_infer_batch_size": 16,
    "export_model_input_file": "tao-experiments/output-retrain/weights/resnet_020.tlt",
    "export_model_output_file": "tao-experiments/export/final_model.etlt",
    "calibrate_classification_spec": "specs/classification_retrain_spec.cfg",
    "calibrate_max_batches": 10,
    "calibrate_output_file": "tao-experiments/export/calibration.tensor",
    "export_int8_cache_file": "tao-experiments/export/final_model_int8_cache.bin",
    "export_int8_batches": 10,
    "export_int8_model_output_file": "tao-experiments/export/final_int8_model.etlt",
    "convert_trt_output_file": "tao-experiments/export/final_model.trt",
    "convert_trt_output_layer": "predictions/Softmax",
    "convert_trt_dims": "3,224,224",
    "convert_trt_input_type": "nchw",
    "convert_trt_max_batch_size": 64,
    "convert_trt_precision": "int8",
    "convert_trt_batch_size": 64,
    "tao_mount_dir": "/mnt/workspace",
}

EDGES = {
    ("download-model", "train-model"),
    ("train-model", "evaluate-model"),
    ("train-model", "prune-model"),
    ("evaluate-model", "retrain-model"),
    ("prune-model", "retrain-model"),
    ("retrain-model", "reevaluate-model"),
    ("retrain-model", "test-infer"),
    ("retrain-model", "export-model"),
    ("retrain-model", "calibrate-model"),
    ("calibrate-model", "export-int8-model"),
    ("export-int8-model", "convert-trt"),
}


def test_the_parameters_and_defaults_are_those_of_the_original():
    assert {name: parameter.default for name, parameter in classification.parameters().items()} == PARAMETERS


def test_every_parameter_is_described():
    assert [name for name, parameter in classification.parameters().items() if not parameter.description] == []


def test_the_steps_wait_for_what_they_need():
    graph = classification.build()
    assert set(graph.edges()) == EDGES


def test_the_image_that_somebody_has_to_build_is_named():
    assert classification.build().notes == [
        "step 'download-model': no registry has the image localhost/tao-kfp-ngc:4.37: docker/build.sh makes it, --pull-image names it"
    ]
    assert classification.build(pull_image="registry.example.com/tao-kfp-ngc:4.37").notes == []


def test_what_needs_only_the_retrained_model_runs_side_by_side():
    assert ["reevaluate-model", "test-infer", "export-model", "calibrate-model"] in classification.build().layers()


def test_only_the_pull_runs_without_a_gpu():
    assert [name for name, step in classification.build().steps.items() if not step.uses_gpu] == ["download-model"]
