"""Build a TensorRT engine."""

from __future__ import annotations

from tao_kfp.ops import scope
from tao_kfp.ops.command import CommandOp
from tao_kfp.ops.container_op import Path
from tao_kfp.ops.verbs import Text
from tao_kfp.text import RunTimeValue


class TrtConvertOp(CommandOp):
    """Build an engine from an .etlt model with the `converter` of the TAO 3.x images, and of TF1's since.

    `converter MODEL -k KEY [-c CACHE] -o LAYERS -d DIMS -i ORDER -m MAX_BATCH -t TYPE -e ENGINE -b BATCH`

    Args:
        name: Name of the step.
        model: Exported model in the workspace.
        output: File of the workspace for the engine.
        layers: Output layers, comma-separated, such as `predictions/Softmax`.
        dims: Input dimensions without the batch, such as `3,224,224`.
        input_order: `nchw`, `nhwc` or `nc`. Default `nchw`.
        max_batch_size: Largest batch of the engine. Default 1.
        precision: `fp32`, `fp16` or `int8`. Default `fp32`.
        batch_size: Batch of the INT8 calibration. Default 8.
        calibration_cache: INT8 cache that export wrote. Default: none.
        image: Image instead of the release's.
    """

    def __init__(
        self,
        name: str,
        *,
        model: Path,
        output: Path,
        layers: Text,
        dims: Text,
        input_order: Text = "nchw",
        max_batch_size: int | RunTimeValue = 1,
        precision: Text = "fp32",
        batch_size: int | RunTimeValue = 8,
        calibration_cache: Path | None = None,
        image: Text | None = None,
    ) -> None:
        around = scope.current(self, name)
        network = "converter" if "converter" in around.catalog.networks(around.release) else None
        super().__init__(name, command="converter", num_gpus=1, image=image, network=network)
        self.needs_gpu = True
        self.check_examples(precision, "precision", "fp32|fp16|int8", "use fp32, fp16 or int8")
        self.check_examples(input_order, "input_order", "nchw|nhwc|nc", "use nchw, nhwc or nc")
        self.check_examples(max_batch_size, "max_batch_size", "[1-9][0-9]*", "give a whole number from 1")
        self.check_examples(batch_size, "batch_size", "[1-9][0-9]*", "give a whole number from 1")
        self.reads.append(self.path(model, "model", produced=True))
        self.writes.append(self.path(output, "output"))
        cache = []
        if calibration_cache is not None:
            self.reads.append(self.path(calibration_cache, "calibration_cache", produced=True))
            cache = ["-c", self.reads[-1].text]
        self.arguments = self._texts(
            [self.reads[0].text, "-k", around.key, *cache, "-o", layers, "-d", dims, "-i", input_order, "-m", max_batch_size,
             "-t", precision, "-e", self.writes[0].text, "-b", batch_size],
            "arguments",
        )  # fmt: skip
