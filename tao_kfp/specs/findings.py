"""What a check of a spec file found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, or may be, in a spec file.

    Attributes:
        line: Line in the file, from 1.
        key: Dotted name of the key or field.
        what: What is wrong, as the middle of a sentence.
        fix: What to do about it.
        level: `error`, or `warning` for what may be right.
    """

    line: int
    key: str
    what: str
    fix: str = ""
    level: str = "error"

    def text(self, file: str) -> str:
        """The finding as a line, in the form of compilers: `FILE:LINE: error: KEY: WHAT; FIX`."""
        key = f"{self.key}: " if self.key else ""
        fix = f"; {self.fix}" if self.fix else ""
        return f"{file}:{self.line}: {self.level}: {key}{self.what}{fix}"
