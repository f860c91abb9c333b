"""Which flag or key of a TAO command an op's option means."""

from __future__ import annotations

from tao_kfp import catalog
from tao_kfp.catalog import Action, roles
from tao_kfp.errors import CatalogError

# The flags that PyTorch commands of TAO 5.0 to 5.3 took beside `key=value`, by role, and what Hydra reads of them.
# Source: NVIDIA/tao_pytorch_backend, core/entrypoint.py of v5.0.0 and 9c2d94c.
MIXED_FLAGS = {"results": "-r", "key": "-k", "gpus": "--gpus"}

SPEC_FLAG = "-e"


def name_of(row: Action, option: str) -> str | None:
    """The name of the flag or key that an option means, or None where the command does not take it."""
    if option == "engine" and row.dialect == "argparse":
        option = "model"  # commands that read flags call an engine their model
    if option in row.roles:
        return row.roles[option]
    if option == "spec" and row.dialect != "argparse":
        return SPEC_FLAG
    if row.dialect == "mixed" and option in MIXED_FLAGS:
        return MIXED_FLAGS[option]
    if row.dialect == "argparse":
        return next((flag.name for flag in row.flags.values() if option in (flag.name, *flag.flags)), None)
    is_role = option in roles.KEYS or option in roles.FLAGS
    if row.keys is None:
        return None if is_role else option
    found = catalog.find_key(row.keys, option)
    return None if found is None or (is_role and found.type.startswith("section")) else option


def target_of(row: Action, option: str) -> catalog.Flag | catalog.Key:
    """The flag or key that an option means.

    Raises:
        CatalogError: The command does not take it; the message names the nearest that it takes.
    """
    name = name_of(row, option)
    if name is None:
        if row.dialect != "argparse" and row.keys is None:
            raise CatalogError(
                f"no published source tells which key of `{row.network} {row.name}` in TAO {row.release} is its {option}",
                fix="write flags={'SECTION.KEY': VALUE}",
                argument=option,
            )
        if option in roles.FLAGS or option in roles.KEYS:
            raise CatalogError(f"`{row.network} {row.name}` takes no {option} in TAO {row.release}", argument=option)
        if row.dialect == "argparse":
            return row.flag(option)
        if option.startswith("-"):
            raise CatalogError(
                f"TAO {row.release} has no flag {option!r} for `{row.network} {row.name}`: its values are keys of the spec file",
                fix="write flags={'SECTION.KEY': VALUE}",
                argument=option,
            )
        return row.key(option)
    if row.dialect == "argparse":
        return row.flags[name]
    if name == SPEC_FLAG or (row.dialect == "mixed" and option in MIXED_FLAGS):
        flag = name if name == SPEC_FLAG else MIXED_FLAGS[option]
        return catalog.Flag(name=name, flags=(flag,), type="int" if option == "gpus" else "str")
    return catalog.Key(name=name, type="any") if row.keys is None else row.key(name)


def shown(target: catalog.Flag | catalog.Key) -> str:
    """A flag or key as a person writes it."""
    return target.flags[0] if isinstance(target, catalog.Flag) else target.name


def path_kind(target: catalog.Flag | catalog.Key) -> str:
    """Whether it holds paths: `read`, `write`, or `` for none, as what holds numbers, or one of a few words."""
    words = target.choices if isinstance(target, catalog.Flag) else target.options
    is_text = target.type.replace("?", "") in ("str", "any", "[str]", "[any]")
    return roles.path_kind(target.name) if is_text and not words else ""
