# ruff: noqa: N802
"""The program: its folders, boxes, console, extended state, other programs and the action list."""

from collections.abc import Callable
from pathlib import Path

from tests.reaper.fake.desk import Person
from tests.reaper.fake.disk import Disk
from tests.reaper.fake.imgui import ImGuiWindow
from tests.reaper.fake.table import TABLE, CallFault


class ProgramCalls:
    """Functions named as in REAPER."""

    def __init__(self, resources: Path, disk: Disk, person: Person, clock: Callable[[], float], system: str) -> None:
        self._resources = resources
        self._disk = disk
        self._person = person
        self._clock = clock
        self._system = system
        self.ext: dict[tuple[str, str], tuple[str, bool]] = {}
        """Section and key: value, and whether it outlives the program."""
        self.commands: list[tuple[str, int]] = []
        self.on_exec: Callable[[str, int], str] = lambda _command, _wait_ms: "0\n"
        self.actions: dict[str, int] = {}
        self._folders: dict[str, list[str]] = {}
        """Folders as REAPER remembers them until it is asked for index -1."""
        self.imgui: ImGuiWindow | None = None
        """ReaImGui, where it is installed."""
        self.missing: set[str] = set()
        """Functions that this version of REAPER has not."""

    def GetOS(self) -> str:
        return self._system

    def GetAppVersion(self) -> str:
        return "7.37/" + self._system

    def GetResourcePath(self) -> str:
        return self._disk.shown(self._resources)

    def get_ini_file(self) -> str:
        return self._disk.shown(self._resources / "reaper.ini")

    def APIExists(self, name: str) -> bool:
        if name.startswith("ImGui_"):
            return self.imgui is not None
        return name in TABLE and name not in self.missing

    def time_precise(self) -> float:
        return self._clock()

    def file_exists(self, path: str) -> bool:
        return self._disk.real(path).is_file()

    def RecursiveCreateDirectory(self, path: str, _ignored: int) -> int:
        try:
            self._disk.real(path).mkdir(parents=True, exist_ok=True)
        except OSError:
            return 0
        return 1

    def EnumerateFiles(self, path: str, index: int) -> str | None:
        if index == -1:
            self._folders.pop(path, None)
        if path not in self._folders:
            self._folders[path] = sorted(each.name for each in self._disk.real(path).iterdir() if each.is_file())
        names = self._folders[path]
        return names[int(index)] if 0 <= index < len(names) else None

    def ExecProcess(self, command: str, wait_ms: int) -> str:
        if wait_ms >= 0:
            raise CallFault("waiting for a program holds REAPER up: only -1 and -2 return at once")
        self.commands.append((command, int(wait_ms)))
        return self.on_exec(command, int(wait_ms))

    # --- Extended state -----------------------------------------------------------------------------------------------

    def GetExtState(self, section: str, key: str) -> str:
        return self.ext.get((section.lower(), key.lower()), ("", False))[0]

    def SetExtState(self, section: str, key: str, value: str, persists: bool) -> None:
        assert "\n" not in value, "extended state holds no line ends"
        self.ext[section.lower(), key.lower()] = (value, persists)

    def DeleteExtState(self, section: str, key: str, _persists: bool) -> None:
        self.ext.pop((section.lower(), key.lower()), None)

    def HasExtState(self, section: str, key: str) -> bool:
        return (section.lower(), key.lower()) in self.ext

    # --- People -------------------------------------------------------------------------------------------------------

    def MB(self, text: str, _title: str, kind: int) -> int:
        return self._person.answer_box(text, int(kind))

    def ShowConsoleMsg(self, text: str) -> None:
        self._person.console.append(text.rstrip("\n"))

    def Help_Set(self, text: str, _is_temporary: bool) -> None:
        self._person.news.append(text)

    def GetUserInputs(self, title: str, count: int, captions: str, _values: str) -> tuple[bool, str]:
        fields = [caption for caption in captions.split(",") if not caption.startswith(("extrawidth=", "separator="))]
        assert len(fields) == count, "a caption for each field"
        answer = self._person.answer_inputs(title)
        return answer is not None, answer or ""

    # --- Actions ------------------------------------------------------------------------------------------------------

    def AddRemoveReaScript(self, is_added: bool, section: int, path: str, _commits: bool) -> int:
        assert is_added
        assert section == 0
        if not self._disk.real(path).is_file():
            return 0
        return self.actions.setdefault(path, 53_000 + len(self.actions))

    def ReverseNamedCommandLookup(self, command: int) -> str | None:
        known = {number: f"RS{number:08x}{'ab' * 16}" for number in self.actions.values()}
        return known.get(int(command))

    def set_action_options(self, flags: int) -> None:
        assert 0 < flags < 16
