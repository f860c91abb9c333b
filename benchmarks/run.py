"""Time tao_kfp beside public tools and print a Markdown table: `python benchmarks/run.py --write`.

Needs nothing but Python; see README.md in this folder for the two environments that it runs.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SIZES = (125, 250, 500, 1000)
GROWTH_GOAL = 1.5

VERSIONS = """
import importlib.metadata, platform, sys
found = [f"{name} {importlib.metadata.version(name)}" for name in sys.argv[1:]]
print(", ".join([f"Python {platform.python_version()}", *found]))
"""


class Failed(Exception):
    """A program that was to be timed did not run."""


def run(command, folder):
    """Run a whole process and return its wall time and its output."""
    # Only the environment's own programs: kfp 1.8 would also start `argo lint` where it finds one.
    env = {**os.environ, "PATH": os.path.dirname(command[0])}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # both sides start from compiled files
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return wall, done.stdout


def alternate(ours, other, runs, folder):
    """Wall times of two commands that take turns, after one run of each that does not count."""
    times = ([], [])
    for at in range(runs + 1):
        for command, taken in zip((ours, other), times, strict=True):
            wall, _ = run(command, folder)
            if at:
                taken.append(wall)
    return times


def ratio(ours, other):
    """The median of the ratios of neighbours in time, which a slow moment hits alike."""
    return statistics.median(one / two for one, two in zip(ours, other, strict=True))


def verdict(value, goal):
    return f"{value:.2f}x | {goal}x | {'PASS' if value <= goal else 'OVER'}"


def spread(seconds, digits=0):
    low, middle, high = (
        f"{value * 1000:.{digits}f}" for value in (min(seconds), statistics.median(seconds), max(seconds))
    )
    return f"{middle} ms ({low} to {high})"


def processes(python, kfp1_python, runs, folder):
    """The rows that compare whole processes."""
    shutil.copy(ROOT / "tao_pipeline.py", folder)  # here it imports the installed package, and writes its own here
    script = shutil.which("tao-kfp", path=os.path.dirname(python))
    if script:
        run([script, "spec", "new", "dino", "--release", "7.1", "-o", "dino.yaml"], folder)
    kfp1_lacks = "" if os.access(kfp1_python, os.X_OK) else f"there is no {shown(kfp1_python)}"
    rows = (
        (
            "`python tao_pipeline.py`",
            "plain kfp 2 script",
            [python, "tao_pipeline.py"],
            [python, str(HERE / "plain_kfp2.py"), "plain_kfp2.yaml"],
            1.1,
            "",
        ),
        (
            "`python tao_pipeline.py --target argo`",
            "plain kfp 1.8.24 script",
            [python, "tao_pipeline.py", "--target", "argo"],
            [kfp1_python, str(HERE / "plain_kfp1.py"), "plain_kfp1.tar.gz"],
            0.35,
            kfp1_lacks,
        ),
        (
            "`tao-kfp --help`",
            '`python -c "import click"`',
            [script, "--help"],
            [python, "-c", "import click"],
            2,
            "" if script else f"there is no tao-kfp beside {shown(python)}",
        ),
        (
            "`tao-kfp spec check dino.yaml`",
            '`python -c "import yaml"`',
            [script, "spec", "check", "dino.yaml"],
            [python, "-c", "import yaml"],
            6,
            "" if script else f"there is no tao-kfp beside {shown(python)}",
        ),
    )
    for title, against, ours, other, goal, lacks in rows:
        if lacks:
            yield f"| {title} | {against} | | | | {goal}x | skipped: {lacks} |"
            continue
        times = alternate(ours, other, runs, folder)
        yield f"| {title} | {against} | {spread(times[0])} | {spread(times[1])} | {verdict(ratio(*times), goal)} |"


def growth(python, runs, folder):
    """The rows on compile time over the number of steps."""
    for target in ("kfp", "argo"):
        per_step = {size: [] for size in SIZES}
        for at in range(runs + 1):
            for size in SIZES:
                _, output = run([python, str(HERE / "chain.py"), target, str(size)], folder)
                if at:
                    per_step[size].append(float(output) / size)
        cells = " | ".join(spread(per_step[size], digits=2) for size in SIZES)
        yield f"| {target} | {cells} | {verdict(ratio(per_step[1000], per_step[250]), GROWTH_GOAL)} |"


def report(python, kfp1_python, runs):
    """The lines of the report, each as soon as it is known."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"- {run([python, '-c', VERSIONS, 'kfp', 'click'], folder)[1].strip()}"
        if os.access(kfp1_python, os.X_OK):
            yield f"- for kfp 1.8: {run([kfp1_python, '-c', VERSIONS, 'kfp'], folder)[1].strip()}"
        yield f"- {os.cpu_count()} processors, {runs} runs after a warm-up: median (min to max)"
        yield ""
        yield "| ours | the other | time of ours | time of the other | ratio | goal | |"
        yield "|---|---|---|---|---|---|---|"
        yield from processes(python, kfp1_python, runs, folder)
        yield ""
        yield "Time per step to build and render a chain of steps, imports excluded; the ratio is that of 1000 to 250:"
        yield ""
        yield f"| target | {' | '.join(f'{size} steps' for size in SIZES)} | ratio | goal | |"
        yield f"|{'---|' * (len(SIZES) + 4)}"
        yield from growth(python, runs, folder)


def shown(path):
    """A path as the table shows it, without the place of this checkout."""
    return os.path.relpath(path, ROOT) if Path(path).is_relative_to(ROOT) else os.path.basename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=ROOT / ".venv-test/bin/python", help="a Python with tao-kfp installed")
    parser.add_argument("--kfp1-python", default=ROOT / ".venv-kfp1/bin/python", help="a Python with kfp 1.8.24")
    parser.add_argument("--runs", type=int, default=7, help="runs that count, of each command (default 7)")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md in this folder too")
    options = parser.parse_args()
    # Not resolved: the link is what makes it the environment's Python.
    python, kfp1_python = os.path.abspath(options.python), os.path.abspath(options.kfp1_python)
    lines = ["# Results", "", "Written by `python benchmarks/run.py --write`; README.md says how to read it.", ""]
    try:
        for line in report(python, kfp1_python, options.runs):
            print(line, flush=True)
            lines.append(line)
    except (Failed, OSError) as error:
        sys.exit(f"error: {error}")
    if options.write:
        (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
