"""YAML that every reader takes for the same values: PyYAML here, Go's parsers on the servers."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tao_kfp.errors import TargetError

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# Plain text that no YAML 1.1 or 1.2 reader takes for a number, a boolean, a date or null. All else is
# quoted: PyYAML writes 1e-05 and y without quotes, Go reads them as a number and a boolean.
_PLAIN = re.compile(r"-{0,2}[A-Za-z/][A-Za-z0-9_./-]*([:][A-Za-z0-9_./-]+)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", ".nan", ".inf"}


class _PlainOrQuoted(_Dumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: Any, text: str) -> Any:
    if "\0" in text:
        name = text.replace("\0", "")
        raise TargetError(
            f"a run-time value stands in {name!r}, where the engine takes none",
            fix="use it in a command or an argument",
        )
    if _PLAIN.fullmatch(text) and text.lower().lstrip("-") not in _WORDS:
        style = None
    elif (
        "\n" in text
        and all(char == "\n" or char.isprintable() for char in text)
        and not re.search(r"[ \t]\n|\A[ \t\n]|\n\Z\n", text)
    ):
        style = "|"
    else:
        style = "'" if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainOrQuoted.add_representer(str, _string)


def dump(*documents: Any, sort_keys: bool) -> str:
    """Write documents as one YAML text, the same for the same input."""
    return str(
        yaml.dump_all(
            documents,
            Dumper=_PlainOrQuoted,
            sort_keys=sort_keys,
            allow_unicode=True,
            default_flow_style=False,
            width=2**16,
        )
    )
