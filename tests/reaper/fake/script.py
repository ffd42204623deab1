"""One running script: a Lua state of its own, its deferred functions and its window."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lupa import lua54

from tests.reaper.fake.disk import Disk
from tests.reaper.fake.table import CallFault
from tests.reaper.fake.window import Window

DEFERRED_MAX = 1024
HOOK_EVERY = 1000
TURN_INSTRUCTIONS_MAX = 1_500_000
"""About a tenth of a second of Lua on a slow machine: the bound that does not depend on this one's speed."""
TURN_CALLS_MAX = 20_000
"""Calls into REAPER, of one to five microseconds each there."""
TURN_BYTES_MAX = 2_000_000
"""Read from files in one turn."""
FIELDS = ("x", "y", "w", "h", "mouse_x", "mouse_y", "mouse_cap", "mouse_wheel", "ext_retina")
PRELUDE = """
local real, now, has_old_rename, on_read = ...
local open, rename, remove, load = io.open, os.rename, os.remove, loadfile
io.open = function(path, mode)
  local file, reason, code = open(real(path), mode)
  if file and (mode or "r"):find("r") then
    on_read(file:seek("end"))
    file:seek("set")
  end
  return file, reason, code
end
os.rename = function(from, to)
  local there = has_old_rename and open(real(to))
  if there then
    there:close()
    return nil, to .. ": File exists", 17
  end
  return rename(real(from), real(to))
end
os.remove = function(path) return remove(real(path)) end
loadfile = function(path) return load(real(path)) end
dofile = function(path) return assert(loadfile(path))() end
os.time = function() return now() end
local spent = 0
debug.sethook(function() spent = spent + 1 end, "", 1000)
return function() local so_far = spent; spent = 0; return so_far end
"""


class Script:
    """One instance of a script."""

    def __init__(
        self, path: Path, disk: Disk, functions: Mapping[str, Callable[..., Any]], now: Callable[[], int]
    ) -> None:
        self.path = path
        self._disk = disk
        self._lua: Any = lua54.LuaRuntime(unpack_returned_tuples=True)
        self._deferred: list[Any] = []
        self._at_exit: list[Any] = []
        self.is_over = False
        self.most_instructions = 0
        """In one turn, so far; calls and bytes alike."""
        self.most_calls = 0
        self.most_bytes = 0
        self._calls = 0
        self._bytes = 0
        self.context: tuple[Any, ...] = (True, disk.shown(path), 0, 53_000, 0, 0, 0.0, "")
        functions = {name: self._counted(function) for name, function in functions.items()}
        own = {"defer": self._defer, "atexit": self._at_exit_too, "get_action_context": lambda: self.context}
        table = self._lua.table_from({**functions, **own})
        gfx = self._lua.table_from(dict.fromkeys(FIELDS, 0))
        self.window = Window(gfx, lambda _: 0)
        self.gfx = gfx
        for name, function in self.window.functions().items():
            gfx[name] = function
        variables: Any = self._lua.globals()
        variables["reaper"], variables["gfx"] = table, gfx
        self._spent = self._lua.execute(PRELUDE, self._real, now, disk.drive is not None, self._count_bytes)

    def _real(self, path: str) -> str:
        return str(self._disk.real(path))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._calls += 1
            return function(*arguments)

        return call

    def _count_bytes(self, count: int) -> None:
        self._bytes += count

    def use_menus(self, pick: Callable[[str], int]) -> None:
        """Who answers menus."""
        self.window._pick = pick

    def set_environment(self, variables: Mapping[str, str]) -> None:
        """What `os.getenv` tells."""
        self._lua.globals()["os"]["getenv"] = variables.get

    def start(self) -> None:
        """Runs the file."""
        source = self.path.read_text(encoding="utf-8")
        name = "@" + self._disk.shown(self.path)
        load = self._lua.eval("function(text, name) return assert(load(text, name)) end")
        self._turn(load(source, name))

    def tick(self) -> None:
        """Everything that was deferred, once."""
        deferred, self._deferred = self._deferred, []
        for function in deferred:
            self._turn(function)

    def end(self) -> None:
        """Ends the script, as REAPER does when it closes or when nothing is deferred any more."""
        if not self.is_over:
            self.is_over = True
            self._deferred.clear()
            for function in self._at_exit:
                function()

    @property
    def is_waiting(self) -> bool:
        """Whether anything is deferred."""
        return bool(self._deferred)

    def _turn(self, function: Any) -> None:
        self._spent()
        self._calls = self._bytes = 0
        function()
        instructions = self._spent() * HOOK_EVERY
        self.most_instructions = max(self.most_instructions, instructions)
        self.most_calls = max(self.most_calls, self._calls)
        self.most_bytes = max(self.most_bytes, self._bytes)
        counts = f"{instructions} instructions, {self._calls} calls, {self._bytes} bytes"
        if instructions > TURN_INSTRUCTIONS_MAX or self._calls > TURN_CALLS_MAX or self._bytes > TURN_BYTES_MAX:
            raise CallFault(f"{self.path.name} held REAPER up: {counts} in one turn")

    def _defer(self, function: Any) -> bool:
        if len(self._deferred) >= DEFERRED_MAX:
            raise CallFault("more than 1024 functions are deferred")
        self._deferred.append(function)
        return True

    def _at_exit_too(self, function: Any) -> bool:
        self._at_exit.append(function)
        return True
