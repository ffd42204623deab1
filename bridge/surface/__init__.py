"""Control surfaces: what buttons, faders and labels can say to the bridge, and what they are shown.

`nodes` declares every address once; parsing, replies, OSCQuery, layouts, MIDI bindings and the manual derive from it.
`Surface` takes commands, from whatever wire they come, and keeps the `Panel`: the values that every surface shows.
"""

from bridge.surface.command import Answer, Command
from bridge.surface.nodes import NODES
from bridge.surface.panel import Entry, Panel
from bridge.surface.surface import Surface
from bridge.surface.table import Access, Argument, Kind, Node, Table

__all__ = ["NODES", "Access", "Answer", "Argument", "Command", "Entry", "Kind", "Node", "Panel", "Surface", "Table"]
