"""Seconds to build and render a chain of steps, imports excluded: `python chain.py TARGET STEPS`.

Each step comes after the one before, and each takes a run parameter of its own.
"""

import inspect
import sys
import time

import tao_kfp as tao
from tao_kfp.targets import render


def chain(steps):
    def make(**parameters):
        before = []
        for at, parameter in enumerate(parameters.values()):
            op = tao.CommandOp(f"step-{at}", command="echo", arguments=[parameter]).after(*before)
            before = [op]

    # The parameters of a pipeline are those of its function, which here is made for any number of them.
    make.__annotations__ = {f"p{at}": str for at in range(steps)}
    make.__signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=f"value-{name}", annotation=kind)
            for name, kind in make.__annotations__.items()
        ]
    )
    return tao.pipeline(name="chain")(make)


def seconds(target, steps):
    pipeline = chain(steps)
    start = time.perf_counter()
    render(pipeline.build(), target)
    return time.perf_counter() - start


if __name__ == "__main__":
    seconds(sys.argv[1], 2)  # makes the imports
    print(seconds(sys.argv[1], int(sys.argv[2])))
