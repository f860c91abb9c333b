"""The graph for people: text, Mermaid, Graphviz dot, SVG."""

from __future__ import annotations

from html import escape

from tao_kfp.pipelines.graph import Graph
from tao_kfp.pipelines.rules import example

FORMATS = ("text", "mermaid", "dot", "svg")

_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 170, 44, 30, 46, 20


def show(graph: Graph, form: str) -> str:
    """Draw the graph in one of `FORMATS`."""
    return {"text": text, "mermaid": mermaid, "dot": dot, "svg": svg}[form](graph)


def text(graph: Graph) -> str:
    """The steps in the order they can run, what each waits for, and its command."""
    lines = [f"{graph.name}: {len(graph.steps)} steps, {len(graph.parameters)} parameters"]
    width = max(len(name) for name in graph.steps)
    for at, layer in enumerate(graph.layers(), start=1):
        for name in layer:
            step = graph.steps[name]
            gpus = f"  [{example(graph, step.gpus)} GPU]" if step.uses_gpu else ""
            after = f"  after {', '.join(step.depends_on)}" if step.depends_on else ""
            lines.append(f"{at:3} {name:<{width}}{gpus}{after}".rstrip())
            command = " ".join(example(graph, word) for word in (*step.command, *step.arguments))
            lines.append(f"    {' ' * width}  $ {command.splitlines()[0][:200] if command else step.image}")
    return "\n".join(lines) + "\n"


def mermaid(graph: Graph) -> str:
    """A Mermaid flowchart, which GitHub draws in a README."""
    lines = ["flowchart TD"]
    lines += [f'    {_id(name)}["{_title(graph, name)}"]' for name in graph.steps]
    lines += [f"    {_id(before)} --> {_id(after)}" for before, after in graph.edges()]
    gpu = [_id(name) for name, step in graph.steps.items() if step.uses_gpu]
    if gpu:
        lines += ["    classDef gpu stroke:#76b900,stroke-width:2px", f"    class {','.join(gpu)} gpu"]
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """A Graphviz digraph."""
    lines = [f'digraph "{graph.name}" {{', "  node [shape=box, style=rounded];"]
    for name, step in graph.steps.items():
        colour = ', color="#76b900"' if step.uses_gpu else ""
        lines.append(f'  "{name}" [label="{_title(graph, name)}"{colour}];')
    lines += [f'  "{before}" -> "{after}";' for before, after in graph.edges()]
    return "\n".join([*lines, "}"]) + "\n"


def svg(graph: Graph) -> str:
    """A picture of the graph: one row for each set of steps that can run side by side."""
    layers = graph.layers()
    columns = max(len(layer) for layer in layers)
    width = columns * _BOX_WIDTH + (columns - 1) * _GAP_X + 2 * _MARGIN
    height = len(layers) * _BOX_HEIGHT + (len(layers) - 1) * _GAP_Y + 2 * _MARGIN
    at: dict[str, tuple[float, float]] = {}
    for row, layer in enumerate(layers):
        used = len(layer) * _BOX_WIDTH + (len(layer) - 1) * _GAP_X
        left = (width - used) / 2
        for column, name in enumerate(layer):
            at[name] = (left + column * (_BOX_WIDTH + _GAP_X), _MARGIN + row * (_BOX_HEIGHT + _GAP_Y))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="13" role="img" aria-label="Steps of {escape(graph.name)}">',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#666"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for before, after in graph.edges():
        x1, y1 = at[before][0] + _BOX_WIDTH / 2, at[before][1] + _BOX_HEIGHT
        x2, y2 = at[after][0] + _BOX_WIDTH / 2, at[after][1]
        bend = (y2 - y1) / 2
        lines.append(
            f'<path d="M{x1:g} {y1:g} C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2 - 2:g}" '
            f'fill="none" stroke="#666" marker-end="url(#arrow)"/>'
        )
    for name, (x, y) in at.items():
        stroke = "#76b900" if graph.steps[name].uses_gpu else "#888"
        lines.append(
            f'<rect x="{x:g}" y="{y:g}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6" fill="#fafafa" stroke="{stroke}" stroke-width="1.5"/>'
            f'<text x="{x + _BOX_WIDTH / 2:g}" y="{y + _BOX_HEIGHT / 2 + 4:g}" text-anchor="middle">{escape(_short(_title(graph, name)))}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def _id(name: str) -> str:
    return "s_" + name.replace("-", "_")  # `end` and the like are words of Mermaid's own


def _title(graph: Graph, name: str) -> str:
    title = example(graph, graph.steps[name].display_name) or name
    return "".join(char if char.isprintable() else " " for char in title).replace('"', "'").replace("\\", "/")


def _short(title: str) -> str:
    return title if len(title) <= 22 else title[:21] + "…"
