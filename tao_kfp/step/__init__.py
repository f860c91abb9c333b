"""What runs inside the container.

Standard library only, Python 3.6 syntax (the Python of the oldest TAO images). The files are carried
as text, so they never hold what an engine would read: no two opening braces side by side, no dollar
before a parenthesis.
"""
