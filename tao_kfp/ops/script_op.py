"""ScriptOp: a small script of ours in the container, with the Python that the TAO image has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from tao_kfp.ops.command import CommandOp
from tao_kfp.ops.verbs import Text

ENV = "TAO_KFP_SCRIPT"


class ScriptOp(CommandOp):
    """Run a file of `tao_kfp/step/` in the container, without a GPU and without an install.

    The script travels in an environment variable, so that the screen shows its arguments only.

    Args:
        name: Name of the step.
        script: File name in `tao_kfp/step/`.
        image: Image that has `python3`, 3.6 or newer. Default: the release's TAO image.
        file_outputs: As for `ContainerOp`.
    """

    def __init__(
        self,
        name: str,
        *,
        script: str,
        image: Text | None = None,
        file_outputs: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            name,
            command=["python3", "-c", f"import os; exec(os.environ['{ENV}'])"],
            image=image,
            file_outputs=file_outputs,
        )
        self.is_tao = False
        self.env[ENV] = {"value": resources.files("tao_kfp.step").joinpath(script).read_text(encoding="utf-8")}
