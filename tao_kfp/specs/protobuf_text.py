"""The spec files of TAO's TensorFlow 1 networks: protobuf text, read and changed in place.

TAO reads them with Google's parser for Python, so the grammar is the one of `google.protobuf.text_format`,
as far as it goes without the fields and types of a network.
"""

from __future__ import annotations

import difflib
import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Union

from tao_kfp.errors import SpecError

_MAX_DEPTH = 100

_WORD = r"[A-Za-z_][0-9A-Za-z_+-]*"
_TYPE = r"\[[A-Za-z_][0-9A-Za-z_]*[./][0-9A-Za-z_./-]*\]"  # its dot or slash tells it from a list
_TOKEN = re.compile(
    rf"""\s*(?:\#[^\r\n]*\s*)*(?:
    (?P<word>{_WORD})
    |(?P<type>{_TYPE})
    |(?P<number>(?:[0-9+-]|\.[0-9])[0-9A-Za-z_.+-]*)
    |(?P<string>"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*"|'[^'\\\r\n]*(?:\\[^\r\n][^'\\\r\n]*)*')
    |(?P<mark>\S)
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_NEW_LINE = re.compile(r"\r\n?|\n")  # a lone carriage return too: TAO opens the file as text
_STEP = re.compile(rf"({_WORD}|{_TYPE})(?:\[([0-9]{{1,9}})\])?")
_PATH = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = dict(zip(b"abfnrtv\\'\"", b"\a\b\f\n\r\t\v\\'\"", strict=True))
_TO_ESCAPE = {code: f"\\{code:03o}" for code in (*range(32), 127)} | {9: r"\t", 10: r"\n", 13: r"\r", 92: r"\\"}


class Word(str):
    """A value without quotes that is no number and no boolean: a name of an enumeration, or `inf`."""

    __slots__ = ()


@dataclass(frozen=True)
class Field:
    """A field with its value, and where both stand.

    Attributes:
        name: Its name; one in brackets keeps them.
        value: Text without its quotes and escapes, a number, a boolean, a word or a message.
        line: Line of the name, from 1.
        value_line: Line on which the value begins.
        start: Offset of the value's first character; a quote or a brace is part of it.
        end: Offset behind its last one.
    """

    name: str
    value: Value
    line: int
    value_line: int
    start: int
    end: int


@dataclass
class Message:
    """What stands between two braces, or in a whole file.

    Attributes:
        fields: In the order of the file. A list `[a, b]` is two fields of the same name.
    """

    fields: list[Field]

    def get(self, path: str) -> list[Field]:
        """The fields at a path, in the order of the file; none where there is nothing.

        Args:
            path: As in `train_config.reg_config.weight`: every field of that name in every message of that
                name. `name[1]` is the second one of its message only.

        Raises:
            SpecError: This is no path.
        """
        messages = [self]
        found: list[Field] = []
        for name, index in _steps(path):
            at = slice(None) if index is None else slice(index, index + 1)
            found = [field for message in messages for field in message.named(name)[at]]
            messages = [field.value for field in found if isinstance(field.value, Message)]
        return found

    def named(self, name: str) -> list[Field]:
        """Its own fields of this name."""
        return [field for field in self.fields if field.name == name]


Value = Union[str, int, float, bool, Word, Message]
_Found = tuple[Value, int, int]  # a value, where it starts, where it ends
_WORDS: dict[str, Value] = {"true": True, "True": True, "false": False, "False": False, "nan": math.nan}


def parse(text: str, file: str = "") -> Message:
    """Read a spec file.

    Args:
        text: What is in it. The offsets and lines of the result are those of this text.
        file: Its name, for messages.

    Raises:
        SpecError: It is no protobuf text.
    """
    return _Reader(text, file).whole()


def set_value(text: str, path: str, value: object, file: str = "") -> str:
    """Change one value of a spec file and nothing else: comments, order and blanks stay.

    A field that its message does not have yet becomes the last line of that message.

    Args:
        text: What is in the file. Read it with `newline=""`, and its line ends stay too.
        path: As in `train_config.n_epochs`; of several fields of one name, one by its number from 0, as in
            `dataset_config.data_sources[1].image_directory_path`.
        value: Text, a number, a boolean or a `Word`, which is written without quotes.
        file: Its name, for messages.

    Returns:
        The new text.

    Raises:
        SpecError: The file is no protobuf text, it has no such message, or the value cannot be written.
    """
    field = Field("", parse(text, file), 1, 0, -1, len(text) + 1)  # the file, as if in braces
    steps = _steps(path)
    for number, (name, index) in enumerate(steps, 1):
        place = _where(file, field.line)
        if not isinstance(field.value, Message):
            raise SpecError(f"{field.name!r} is no message", fix=f"end the path {path!r} there", where=place)
        named = field.value.named(name)
        if index is None and len(named) > 1:
            hint = f"write an index from 0 to {len(named) - 1}, as in {name}[0]"
            raise SpecError(f"there are {len(named)} fields {name!r}", fix=hint, where=place)
        if index and index >= len(named):
            hint = f"there are {len(named)}, counted from 0"
            raise SpecError(f"there is no {name}[{index}] for {path!r}", fix=hint, where=place)
        if not named and number == len(steps):
            return _with_line(text, field, f"{name}: {_written(value, '', path)}")
        if not named:
            known = dict.fromkeys(inner.name for inner in field.value.fields if isinstance(inner.value, Message))
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the messages here are {', '.join(known) or 'none'}"
            raise SpecError(f"there is no message {name!r} for {path!r}", fix=hint, where=place)
        field = named[index or 0]
    if isinstance(field.value, Message):
        inside = ", ".join(dict.fromkeys(inner.name for inner in field.value.fields)) or "it has none yet"
        where = _where(file, field.line)
        raise SpecError(f"{path!r} is a message, not a value", fix=f"name a field inside it: {inside}", where=where)
    before, old, after = text[: field.start], text[field.start : field.end], text[field.end :]
    new = _written(value, old, path)
    # `a:"x"b:1` is legal, `a:1b:1` is not.
    joined = new[-1] not in "'\"" and re.match("[0-9A-Za-z_.+-]", after)
    return f"{before}{new} {after}" if joined else f"{before}{new}{after}"


class _Reader:
    """Goes through the tokens of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.line_ends = [match.end() for match in _NEW_LINE.finditer(text)]
        if broken := re.search("[\0\ud800-\udfff]", text):
            raise self.error("this is no text", "give a spec file, saved as UTF-8", broken.start())
        self.tokens = _TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0)
        self.end = 0
        self.advance()

    def advance(self) -> None:
        match = next(self.tokens)
        self.kind = match.lastgroup or ""
        self.here = match[self.kind]
        self.last_end = self.end
        self.start, self.end = match.span(self.kind)

    def take(self, mark: str) -> bool:
        """Go past the token if it is this mark."""
        taken = self.here == mark
        if taken:
            self.advance()
        return taken

    def line(self, offset: int) -> int:
        return bisect_right(self.line_ends, offset) + 1

    def error(self, what: str, fix: str, offset: int) -> SpecError:
        return SpecError(what, fix=fix, where=_where(self.file, self.line(offset)))

    def stray(self, what: str, fix: str) -> SpecError:
        """The token is wrong where it stands."""
        if self.here in ("'", '"'):
            return self.error("a text is not closed", f"end it with {self.here} on the same line", self.start)
        shown = re.split(r"\s", self.text[self.start : self.start + 40])[0]
        return self.error(f"{shown!r} {what}", fix, self.start)

    def without_value(self, name: str, at: int) -> SpecError:
        return self.error(f"{name!r} has no value", f"write {name}: VALUE, or take it away", at)

    def whole(self) -> Message:
        fields = self.fields(0)
        if self.kind != "end":
            raise self.error(f"this {self.here!r} closes nothing", "take it away, or open it before", self.start)
        return Message(fields)

    def fields(self, depth: int) -> list[Field]:
        """The fields up to a closing brace or the end of the file."""
        found: list[Field] = []
        while self.kind != "end" and self.here not in ("}", ">"):
            if self.kind not in ("word", "type"):
                hint = "write NAME: VALUE or NAME { ... }, and text in quotes"
                raise self.stray("stands where a field should begin", hint)
            name, at = self.here, self.start
            self.advance()
            colon = self.take(":")
            values = (self.values if self.here == "[" else self.value)(name, at, colon, depth)
            line = self.line(at)
            found += [Field(name, value, line, self.line(start), start, end) for value, start, end in values]
            if not self.take(","):
                self.take(";")
        return found

    def values(self, name: str, at: int, colon: bool, depth: int) -> list[_Found]:
        """The values of a list."""
        opened = self.start
        found: list[_Found] = []
        self.advance()
        if self.take("]"):
            return found
        while True:
            found += self.value(name, at, colon, depth)
            if self.take("]"):
                return found
            if not self.take(","):
                raise self.error(f"the '[' of {name!r} is not closed", "write [VALUE, VALUE]", opened)

    def value(self, name: str, at: int, colon: bool, depth: int) -> list[_Found]:
        """The one value here."""
        start, kind, here = self.start, self.kind, self.here
        if here in ("{", "<"):
            return [(self.message(name, depth), start, self.last_end)]
        if kind == "end" or here in ("}", ">", "]", ",", ";", ":"):
            raise self.without_value(name, at)
        if not colon:
            raise self.error(f"there is no ':' after {name!r}", f"write {name}: VALUE or {name} {{ ... }}", at)
        if kind == "string":
            return [(self.strings(), start, self.last_end)]
        value = _number(here) if kind == "number" else _WORDS.get(here, Word(here)) if kind == "word" else None
        if value is None:
            raise self.stray(f"is no value for {name!r}", "put text into quotes")
        self.advance()
        if kind == "word" and self.here in (":", "{", "<"):  # the word was the name of the next field
            raise self.without_value(name, at)
        return [(value, start, self.last_end)]

    def strings(self) -> str:
        """A text; adjacent ones are one."""
        start, found = self.start, b""
        while self.kind == "string":
            try:
                # An escape stands for a byte, of which a character may need several.
                found += _ESCAPE.sub(_unescaped, self.here[1:-1].encode())
            except ValueError:
                raise self.stray("holds a wrong escape", r"write \\ for a backslash") from None
            self.advance()
        try:
            return found.decode()
        except ValueError:
            raise self.error("the escapes of this text are no UTF-8", r"write \\ for a backslash", start) from None

    def message(self, name: str, depth: int) -> Message:
        opened, brace = self.start, self.here
        closing = {"{": "}", "<": ">"}[brace]
        if depth == _MAX_DEPTH:
            raise self.error(f"{name!r} lies inside {depth} messages", "close some of them before it", opened)
        self.advance()
        fields = self.fields(depth + 1)
        if self.kind == "end":
            raise self.error(f"the {brace!r} of {name!r} is not closed", f"add {closing!r} after its fields", opened)
        if not self.take(closing):
            what = f"the {brace!r} of {name!r} on line {self.line(opened)} is closed with {self.here!r}"
            raise self.error(what, f"write {closing!r}", self.start)
        return Message(fields)


def _number(token: str) -> int | float | None:
    octal = re.fullmatch(r"([+-]?)0([0-9]+)", token)
    try:
        return int(f"{octal[1]}0o{octal[2]}" if octal else token, 0)
    except ValueError:
        pass
    try:
        return None if octal else float(token if token[1:].lower().startswith("inf") else token.rstrip("fF"))
    except ValueError:
        return None


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, code, short, long, sign = match.groups()
    if octal or code:
        return bytes([int(octal, 8) if octal else int(code, 16)])
    if short or long:
        return chr(int(short or long, 16)).encode()
    if sign in b"xuUN":
        raise ValueError("an escape without its digits")
    # Google's parser for Python leaves an escape that it does not know; the one for C++ refuses it.
    return bytes([_ESCAPED[sign[0]]]) if sign[0] in _ESCAPED else match[0]


def _written(value: object, old: str, path: str) -> str:
    """A value as protobuf text, in the manner of the old one."""
    if isinstance(value, bool):
        return str(value) if old in ("True", "False") else str(value).lower()
    if isinstance(value, (int, float)) or (isinstance(value, Word) and re.fullmatch(_WORD, value)):
        return str(value)
    if isinstance(value, str) and not isinstance(value, Word) and not re.search("[\ud800-\udfff]", value):
        quote = old[0] if old[:1] in ("'", '"') else '"'
        return f"{quote}{value.translate({**_TO_ESCAPE, ord(quote): chr(92) + quote})}{quote}"
    raise SpecError(f"{path!r} cannot be {value!r}", fix="give text, a number, true or false")


def _with_line(text: str, holder: Field, entry: str) -> str:
    """The text with one more field at the end of a message."""
    at = holder.end - 1
    cut = len(text[:at].rstrip(" \t"))
    before, after = text[:cut], text[cut:]
    shared = before[-1:] not in ("", "\r", "\n")
    if shared and at < len(text):  # the closing brace is not alone on its line
        return f"{before} {entry}{after}"
    new_line = "\r\n" if "\r\n" in text else "\n"
    inner = holder.value.fields if isinstance(holder.value, Message) else []
    siblings = [field.line for field in inner if field.line > holder.value_line]
    line = _NEW_LINE.split(text)[siblings[-1] - 1] if siblings else ""
    indent = line[: len(line) - len(line.lstrip(" \t"))] if siblings else text[cut:at] + "  " * (at < len(text))
    return f"{before}{new_line}{indent}{entry}{after}" if shared else f"{before}{indent}{entry}{new_line}{after}"


def _steps(path: str) -> list[tuple[str, int | None]]:
    """The names of a path, each with the number that the path gives it."""
    if not _PATH.fullmatch(path):
        hint = "write it as in train_config.n_epochs or data_sources[1].image_directory_path"
        raise SpecError(f"{path!r} is no path of a field", fix=hint)
    return [(name, int(index) if index else None) for name, index in _STEP.findall(path)]


def _where(file: str, line: int) -> str:
    return f"{file}:{line}" if file else f"line {line}"
