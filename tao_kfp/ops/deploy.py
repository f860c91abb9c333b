"""Put a model where Triton serves it."""

from __future__ import annotations

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.script_op import ScriptOp
from tao_kfp.ops.verbs import Text


class DeployOp(ScriptOp):
    """Copy a model into a Triton model repository: `REPOSITORY/MODEL_NAME/VERSION/FILENAME`.

    A version that is there already is left alone: the same file again is a success (a retry), another
    one is an error that asks for a new version. The copy appears whole or not at all.

    Args:
        name: Name of the step.
        model: Model in the workspace, such as a TensorRT engine.
        repository: Folder of the workspace that Triton serves.
        model_name: Name of the model in Triton.
        version: Version, a whole number from 1. Default 1.
        filename: File name that Triton's backend expects. Default `model.plan` (TensorRT).
        config: A `config.pbtxt` in the workspace to put beside it. Default: none, Triton then
            completes the configuration of a TensorRT engine by itself.
        image: Image that has `python3`. Default: the release's TAO image.
    """

    def __init__(
        self,
        name: str,
        *,
        model: Path,
        repository: Text,
        model_name: Text,
        version: Text = 1,
        filename: Text = "model.plan",
        config: Path | None = None,
        image: Text | None = None,
    ) -> None:
        super().__init__(name, script="deploy.py", image=image)
        self.check_examples(version, "version", "[1-9][0-9]*", "give a whole number from 1")
        self.check_examples(model_name, "model_name", r"[\w][\w.-]*", "use letters, digits, '-', '_' and '.'")
        self.check_examples(filename, "filename", r"[\w][\w.-]*", "give a file name, as in 'model.plan'")
        self.reads.append(self.path(model, "model", produced=True))
        self.writes.append(self.path(f"{repository}/{model_name}/{version}/{filename}", "repository"))
        target = self.path(repository, "repository").text
        self.arguments = self._texts([self.reads[0].text, target, model_name, version, filename], "arguments")
        if config is not None:
            self.reads.append(self.path(config, "config"))
            self.arguments.append(self.reads[-1].text)
