"""Look into the workspace from a run."""

from __future__ import annotations

from tao_kfp.ops.container_op import Path
from tao_kfp.ops.read_result import VALUE
from tao_kfp.ops.script_op import ScriptOp
from tao_kfp.ops.verbs import Text


class ListOp(ScriptOp):
    """List a folder of the workspace, in the log and as the output `value`.

    Args:
        name: Name of the step.
        path: Folder of the workspace. Default: the workspace itself.
        image: Image that has `python3`. Default: the release's TAO image.
    """

    def __init__(self, name: str, *, path: Path = ".", image: Text | None = None) -> None:
        super().__init__(name, script="list_files.py", image=image, file_outputs={"value": VALUE})
        self.reads.append(self.path(path, "path"))
        self.arguments += [self.reads[0].text, VALUE]


class FetchOp(ScriptOp):
    """List a folder of the workspace in the log, and give the text of one of its files as the output `value`.

    Args:
        name: Name of the step.
        path: Folder of the workspace.
        file: File in that folder.
        image: Image that has `python3`. Default: the release's TAO image.
    """

    def __init__(self, name: str, *, path: Path, file: Text, image: Text | None = None) -> None:
        super().__init__(name, script="list_files.py", image=image, file_outputs={"value": VALUE})
        self.reads += [self.path(path, "path"), self.path(f"{path}/{file}", "file")]
        self.arguments += [self.reads[0].text, VALUE, self.reads[1].text]
