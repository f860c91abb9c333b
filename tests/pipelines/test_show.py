"""The graph for people."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from building import graph_of

import tao_kfp as tao
from tao_kfp.pipelines.classification import classification
from tao_kfp.pipelines.show import show


def diamond():
    def function(gpus: int = 2):
        a = tao.CommandOp("a", command="echo", arguments=["x", "y"])
        b = tao.CommandOp("end", command="true", num_gpus=gpus).after(a)
        c = tao.CommandOp('c "quoted" <name>', command="true").after(a)
        tao.CommandOp("d", command="true").after(b, c)

    return graph_of(function)


def test_as_text():
    assert show(diamond(), "text") == (
        "test: 4 steps, 1 parameters\n"
        "  1 a\n"
        "                   $ echo x y\n"
        "  2 end            [2 GPU]  after a\n"
        "                   $ true\n"
        "  2 c-quoted-name  after a\n"
        "                   $ true\n"
        "  3 d              after end, c-quoted-name\n"
        "                   $ true\n"
    )


def test_as_mermaid():
    assert show(diamond(), "mermaid") == (
        "flowchart TD\n"
        '    s_a["a"]\n'
        '    s_end["end"]\n'
        "    s_c_quoted_name[\"c 'quoted' <name>\"]\n"
        '    s_d["d"]\n'
        "    s_a --> s_end\n"
        "    s_a --> s_c_quoted_name\n"
        "    s_end --> s_d\n"
        "    s_c_quoted_name --> s_d\n"
        "    classDef gpu stroke:#76b900,stroke-width:2px\n"
        "    class s_end gpu\n"
    )


def test_as_dot():
    assert show(diamond(), "dot").splitlines()[2:6] == [
        '  "a" [label="a"];',
        '  "end" [label="end", color="#76b900"];',
        '  "c-quoted-name" [label="c \'quoted\' <name>"];',
        '  "d" [label="d"];',
    ]


def test_as_svg_every_step_is_a_box_and_every_edge_an_arrow():
    picture = ElementTree.fromstring(show(classification.build(), "svg"))
    space = {"s": "http://www.w3.org/2000/svg"}
    assert len(picture.findall("s:text", space)) == 11
    assert len(picture.findall("s:path", space)) == 11
