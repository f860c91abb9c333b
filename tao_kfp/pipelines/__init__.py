"""The graph: how a decorated function becomes steps and edges, and the rules it must keep."""
