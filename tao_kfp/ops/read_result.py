"""Take a value out of a file of the workspace."""

from __future__ import annotations

import re

from tao_kfp.errors import StepError
from tao_kfp.ops.container_op import Path
from tao_kfp.ops.script_op import ScriptOp
from tao_kfp.ops.verbs import Text, blame

VALUE = "/tmp/tao_kfp_value"


class ReadResultOp(ScriptOp):
    """Read a value out of a file, as the step's output `value`.

    Exactly one of `key`, `number` and `pattern` may be given; without any, the whole text is the value.

    Args:
        name: Name of the step.
        file: File of the workspace.
        key: Key of a JSON file, with dots, such as `kpi.accuracy`; in JSON lines (TAO's status.json)
            the last line that has it counts.
        number: The N-th number of a text file, from 1; -1 is the last.
        pattern: Regular expression; its first group (or its whole match) at its last match counts.
        image: Image that has `python3`. Default: the release's TAO image.
    """

    def __init__(
        self,
        name: str,
        *,
        file: Path,
        key: Text | None = None,
        number: Text | None = None,
        pattern: Text | None = None,
        image: Text | None = None,
    ) -> None:
        given = [
            (how, what) for how, what in (("key", key), ("number", number), ("pattern", pattern)) if what is not None
        ]
        super().__init__(name, script="read_result.py", image=image, file_outputs={"value": VALUE})
        with blame(self):
            if len(given) > 1:
                raise StepError(
                    f"{' and '.join(how for how, _ in given)} are given", fix="give one of key, number and pattern"
                )
            if number is not None:
                self.check_examples(number, "number", "-?[1-9][0-9]*", "count from 1, or from -1 backwards")
            if isinstance(pattern, str) and "\0" not in pattern:
                _check_pattern(pattern)
            self.reads.append(self.path(file, "file"))
            how, what = given[0] if given else ("text", "")
            self.arguments += self._texts([self.reads[0].text, VALUE, how, what], "arguments")


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise StepError(f"the pattern {pattern!r} is no regular expression: {error}", argument="pattern") from None
