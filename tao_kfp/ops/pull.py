"""Download a model from NGC."""

from __future__ import annotations

from tao_kfp.ops import scope
from tao_kfp.ops.container_op import ContainerOp, Path
from tao_kfp.ops.verbs import Text


class PullOp(ContainerOp):
    """Download a model: `ngc registry model download-version MODEL --dest DIR`.

    The files land in `DIR/NAME_vVERSION/`. A public model needs no key; for others the pipeline's
    NGC key reaches the command through its environment. It asks for no GPU.

    Args:
        name: Name of the step.
        model: `ORG/TEAM/NAME:VERSION`, such as `nvidia/tao/pretrained_classification:resnet18`.
        dest: Folder of the workspace.
        image: Image that has `ngc`. Default: the pipeline's `pull_image`, built by docker/build.sh.
    """

    def __init__(self, name: str, *, model: Text, dest: Path, image: Text | None = None) -> None:
        around = scope.current(self, name)
        super().__init__(
            name,
            image=around.pull_image if image is None else image,
            command=["ngc"],
            arguments=["registry", "model", "download-version", model, "--dest"],
            writes=[dest],
        )
        self.check_examples(model, "model", r"[\w.-]+(/[\w.-]+){1,2}:[\w.+-]+", "write ORG/TEAM/NAME:VERSION")
        self.arguments.append(self.writes[0].text)
        self.add_env_variable(around.ngc_key)
        if self.image.startswith("localhost/"):
            self.notes.append(
                f"no registry has the image {self.image}: docker/build.sh makes it, --pull-image names it"
            )
