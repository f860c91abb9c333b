"""Quantities, durations and retries, in Kubernetes' notation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tao_kfp.errors import StepError

GPU_RESOURCE = "nvidia.com/gpu"

_CPU = re.compile(r"([0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9})|[0-9]{1,9}m")
_MEMORY = re.compile(r"0*[1-9][0-9]{0,17}(E|Ei|P|Pi|T|Ti|G|Gi|M|Mi|Ki)?")  # not K or k: Kubernetes and kfp differ on it
_DURATION = re.compile(r"([0-9]{1,9})\s*(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def cpu(value: int | float | str) -> str:
    """Check a CPU quantity: cores such as `2` or `0.5`, or millicores such as `500m`."""
    text = str(value)
    if not _CPU.fullmatch(text):
        raise StepError(f"{value!r} is no CPU quantity", fix="give cores ('2', '0.5') or millicores ('500m')")
    return text


def memory(value: int | str) -> str:
    """Check a memory or storage quantity: bytes, or a number with a unit such as `8Gi` or `500M`."""
    text = str(value)
    if not _MEMORY.fullmatch(text):
        raise StepError(
            f"{value!r} is no memory quantity", fix="give a whole number with a unit, as in '16Gi' or '500M'"
        )
    return text


def cores(text: str) -> float:
    """A checked CPU quantity as a number of cores."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def gigabytes(text: str) -> float:
    """A checked memory quantity as a number of gigabytes, 10^9 bytes."""
    number, unit = re.fullmatch(r"(\d+)(\D*)", text).groups()  # type: ignore[union-attr]
    base = 1024 if unit.endswith("i") else 1000
    return float(number) * float(base ** " KMGTPE".index(unit[:1] or " ")) / 1e9


def seconds(value: int | str) -> int:
    """Read a duration: whole seconds, or text such as `90s`, `30m`, `12h`, `2d`."""
    match = _DURATION.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    total = int(match.group(1)) * _SECONDS[match.group(2) or "s"] if match else 0
    if not 1 <= total < 2**31:
        raise StepError(f"{value!r} is no duration", fix="give whole seconds, or '90s', '30m', '12h', '2d'")
    return total


@dataclass(frozen=True)
class Retry:
    """How often a failed step is tried again, and how long it waits in between.

    There is no limit on the time all attempts take together: engines count it from the start of the
    first attempt, so that a training of two hours would never be tried again under a limit of one.

    Attributes:
        count: Further attempts after the first. Default 2; 0 turns retries off.
        backoff: Wait before the first retry, in seconds or as `30s`, `5m`. Default one minute.
        factor: Each wait is this many times the one before, a whole number. Default 2.
        policy: Argo's retry policy; `Always` also covers a pod that was evicted or lost its node.
    """

    count: int = 2
    backoff: int | str = 60
    factor: int = 2
    policy: str = "Always"

    def check(self) -> None:
        """Refuse what no engine accepts.

        Raises:
            StepError: A negative count, a wrong duration or factor, an unknown policy.
        """
        if isinstance(self.count, bool) or not isinstance(self.count, int) or not 0 <= self.count < 1000:
            raise StepError(f"{self.count!r} is no number of retries", fix="give 0 to 999")
        seconds(self.backoff)
        if isinstance(self.factor, bool) or self.factor != int(self.factor) or self.factor < 1:
            raise StepError(f"{self.factor!r} is no back-off factor", fix="give 1, 2, 3, ...: Argo reads no others")
        if self.policy not in ("Always", "OnFailure", "OnError", "OnTransientError"):
            raise StepError(
                f"{self.policy!r} is no retry policy", fix="use Always, OnFailure, OnError or OnTransientError"
            )
