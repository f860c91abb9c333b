"""The rows of the catalogue: a flag, a key of a spec file, an action."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tao_kfp.catalog import roles
from tao_kfp.errors import CatalogError

MISSING = "???"


@dataclass(frozen=True)
class Flag:
    """One flag of a TAO command.

    Attributes:
        name: Its name inside TAO, such as `experiment_spec_file`.
        flags: Its spellings, the usual one first, such as `("-e", "--experiment_spec_file")`.
        type: `str`, `int`, `float` or `flag` (no value).
        required: The command fails without it.
        default: What TAO takes when it is left out; None when that is not known, or nothing.
        many: It takes several values.
        choices: Allowed values, empty when any is.
        hidden: The command takes it, and its help does not tell of it.
    """

    name: str
    flags: tuple[str, ...]
    type: str
    required: bool = False
    default: Any = None
    many: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Key:
    """One key of a spec file.

    Attributes:
        name: Dotted, such as `train.num_gpus`; `[]` stands for an element of a list, `*` for any key of a dict.
        type: `int`, `float`, `str`, `bool`, `any` or `section`; `[T]` a list, `{T}` a dict of them, `A|B` one of
            two; `?` at the end: it may be null.
        default: NVIDIA's; `???` when the action needs a value.
        min: Smallest value, or None.
        max: Largest value, or None.
        options: Allowed values, empty when any is.
    """

    name: str
    type: str
    default: Any = None
    min: float | None = None
    max: float | None = None
    options: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Message:
    """A message of a protobuf-text spec file.

    Attributes:
        name: Its full name in NVIDIA's .proto files.
        messages: Every message that it reaches, by full name: each a row a field, with `type` (`string`, `bool`,
            `int`, `uint`, `float`, `enum`, or a message's full name), `repeated` and the `words` of an enum.
    """

    name: str
    messages: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """Its fields by name."""
        return self.messages[self.name]

    def below(self, name: str) -> Message:
        """The message that a field holds."""
        return Message(str(self.fields[name]["type"]), self.messages)


@dataclass(frozen=True)
class Action:
    """One action of one network in one release.

    Attributes:
        release: TAO release, such as `7.1`.
        network: TAO's name of the network, such as `dino`.
        group: The launcher's word for the kind of command: `model`, `dataset` or `deploy`.
        name: TAO's name of the action, such as `train`.
        image: Container image that has the command.
        dialect: How it is called: `argparse` (flags), `hydra` (a spec file and `key=value`), or `mixed` (5.0 to 5.3).
        gpu: It refuses to start without a GPU.
        unconfirmed: What of this row no published source of this very release tells; empty when all is confirmed.
        reads: What it reads, by flag or key: `file` or `folder`, with `?` when it may be left out.
        writes: What it writes, alike.
    """

    release: str
    network: str
    group: str
    name: str
    image: str
    dialect: str
    gpu: bool
    unconfirmed: str = ""
    flags: Mapping[str, Flag] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    load_fields: Callable[[], Message | None] = field(default=lambda: None, repr=False, compare=False)
    load_keys: Callable[[], Mapping[str, Key] | None] = field(default=lambda: None, repr=False, compare=False)

    @cached_property
    def keys(self) -> Mapping[str, Key] | None:
        """The keys of its spec file; None when the command reads flags, or no keys are known."""
        return self.load_keys()

    @cached_property
    def fields(self) -> Message | None:
        """The fields of its protobuf-text spec file; None when it reads none, or they are not known."""
        return self.load_fields()

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The flag or key that holds what an op calls `spec`, `results`, `model`, ..."""
        if self.dialect == "argparse":
            return roles.of_flags(self.flags)
        if self.keys is None:
            return {"results": "results_dir"}
        return roles.of_keys(self.name, self.keys)

    @property
    def alone_on_one_gpu(self) -> bool:
        """Whether it reads its `key=value` on one GPU only.

        Source: nvidia-tao-ds 6.26.3 and 7.1.0, core/entrypoint/entrypoint.py, which start torchrun with the spec file alone.
        """
        return self.network == "auto_label" and self.release not in ("5.0", "5.3", "5.5", "6.0")

    @property
    def reads(self) -> Mapping[str, str]:
        """What it reads, by flag or key."""
        return self._artifacts("reads")

    @property
    def writes(self) -> Mapping[str, str]:
        """What it writes, by flag or key."""
        return self._artifacts("writes")

    def _artifacts(self, side: str) -> Mapping[str, str]:
        if self.dialect == "argparse":
            found = {name: roles.path_kind(name) for name in self.flags}
            return {
                name: ("folder" if name.endswith(("dir", "folder", "root")) else "file")
                + "?" * (not self.flags[name].required)
                for name, kind in found.items()
                if kind == side.rstrip("s")
            }
        if side in self.artifacts:
            return {key: kind for key, kind in self.artifacts[side].items() if self.keys is None or key in self.keys}
        wanted = ("model", "engine", "cal_image_dir") if side == "reads" else ("results", "output")
        return {self.roles[role]: "folder?" if role == "results" else "file?" for role in wanted if role in self.roles}

    def flag(self, name: str) -> Flag:
        """Find a flag by its name or one of its spellings.

        Raises:
            CatalogError: This release has no such flag.
        """
        for flag in self.flags.values():
            if name == flag.name or name in flag.flags:
                return flag
        known = [spelling for flag in self.flags.values() for spelling in (flag.name, *flag.flags)]
        raise CatalogError(
            f"TAO {self.release} has no flag {name!r} for `{self.network} {self.name}`",
            fix=nearest(name, known) or f"it has {', '.join(flag.flags[0] for flag in self.flags.values())}",
        )

    def key(self, name: str) -> Key:
        """Find a key of the spec file.

        Raises:
            CatalogError: This release has no such key.
        """
        assert self.keys is not None
        found = find_key(self.keys, name)
        if found is None:
            raise CatalogError(
                f"TAO {self.release} has no key {name!r} for `{self.network} {self.name}`",
                fix=nearest(name, self.keys) or f"`tao-kfp networks show {self.network}` lists its keys",
            )
        return found


def find_key(keys: Mapping[str, Key], name: str) -> Key | None:
    """A key by its dotted name; below a dict, or a key that holds anything, a row made of its type."""
    if name in keys:
        return keys[name]
    parts = name.split(".")
    for at in range(len(parts) - 1, 0, -1):
        above = keys.get(".".join(parts[:at]))
        if above is None:
            continue
        kind, rest = above.type.removesuffix("?"), parts[at:]
        if kind == "{section}":
            return keys.get(".".join([above.name, "*", *rest[1:]]))
        if kind.startswith("{"):
            return Key(name=name, type=kind[1:-1] if len(rest) == 1 else "any")
        return Key(name=name, type="any") if kind == "any" else None
    return None


def nearest(name: str, known: Iterable[str], cutoff: float = 0.8) -> str:
    """A suggestion for a name that is not known, or ``."""
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=cutoff)
    return f"did you mean {near[0]!r}?" if near else ""
