"""The plug-ins of this process: what is installed, and hosts that stay warm from job to job.

One rack for the process, as there is one set of compiled kernels: hosts are processes, and loading plug-ins again for
each job is what people complain of. Whoever runs jobs says with `open_rack` what the rack may know.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from bridge.audio.signal import Samples
from bridge.dsp.plugins.exchange import CHANNELS_MAX
from bridge.dsp.plugins.host import Host, HostError
from bridge.dsp.plugins.scan import Scan
from bridge.dsp.plugins.wire import Prepared, PrepareOrder, Ran
from bridge.errors import PluginError
from bridge.plugin_settings import PluginPlace
from bridge.plugins.catalogue import Catalogue
from bridge.plugins.choosing import chosen
from bridge.plugins.entry import Failed, PluginEntry
from bridge.plugins.shelf import Shelf

if TYPE_CHECKING:
    from bridge.dsp.plugins.own_process import OwnProcess


class Runner(Protocol):
    """Where plug-ins run: a host, or this very process."""

    def prepare(self, order: PrepareOrder) -> Prepared:
        """Every plug-in ready; HostError where one is not."""
        ...

    def run(self, block: Samples) -> tuple[Samples, Ran]:
        """The next block after all of them; HostError where one fails."""
        ...


class Rack:
    """Entries by name, and runners."""

    def __init__(self, place: PluginPlace, now: Callable[[], str]) -> None:
        """Knows and runs nothing yet.

        Args:
            place: settings, and the folder of catalogue and health records.
            now: gives the time, UTC, ISO 8601.
        """
        self.place = place
        self._now = now
        self._shelf = Shelf(place.data_folder)
        self._host: Host | None = None
        self._own: OwnProcess | None = None

    def learn(self, names: Iterable[str]) -> Catalogue:
        """The catalogue, with what these names may mean examined where that has not been done."""
        return Scan(self.place.settings, self._shelf, self._now).named(list(names))

    def entry(self, asked: str) -> PluginEntry:
        """The plug-in of that name.

        Raises:
            PluginError: there is none, more than one, or it may not be used.
        """
        entry, fault = chosen(self.learn([asked]), asked)
        if entry is None:
            raise PluginError(f"The plug-in `{asked}` {fault}")
        return entry

    def runner(self, entries: Sequence[PluginEntry], channels: int, *, is_isolated: bool) -> Runner:
        """A warm host where the plug-ins can be set back; a fresh one where not, or where there is none, or it is worn.

        Without isolation it is this process, until that holds as many plug-ins as it may.

        Raises:
            HostError: no host can be started.
        """
        if not is_isolated and not (own := self._own_process()).is_full:
            return own
        host = self._host
        needs_fresh = not all(entry.is_reusable for entry in entries)
        if host is None or not host.is_alive or needs_fresh or host.channels < channels or host.is_worn:
            self.close()
            host = self._host = Host(self.place.settings, min(CHANNELS_MAX, max(2, channels)))
        return host

    def start_early(self) -> None:
        """Starts a host where there is none, without waiting: it comes up while a song is read and measured."""
        if self.host_pid is None:
            with contextlib.suppress(HostError):  # whoever needs it will be told
                self._host = Host(self.place.settings)

    @property
    def host_pid(self) -> int | None:
        """Id of the warm host's process; None where there is none."""
        return self._host.pid if self._host is not None and self._host.is_alive else None

    def note_failure(self, entry: PluginEntry, sentence: str) -> None:
        """Keeps what a plug-in did in its health record."""
        self._shelf.note_failure(entry, Failed(at=self._now(), sentence=sentence), self.place.settings.failures_max)

    def note_success(self, entry: PluginEntry) -> None:
        """Forgives what it did before."""
        self._shelf.note_success(entry)

    def close(self) -> None:
        """Ends the host."""
        if self._host is not None:
            self._host.stop()
            self._host = None

    def _own_process(self) -> "OwnProcess":
        """This process: a crash ends it."""
        if self._own is None:
            from bridge.dsp.plugins.own_process import OwnProcess  # noqa: PLC0415 - brings Pedalboard

            self._own = OwnProcess()
        return self._own


_rack = Rack(PluginPlace(), lambda: "")


def rack() -> Rack:
    """The rack of this process."""
    return _rack


def open_rack(place: PluginPlace, now: Callable[[], str]) -> Rack:
    """The rack of this process, from now on with these settings; its hosts stay warm where they are the same."""
    global _rack  # noqa: PLW0603 - one for the process, see above
    if _rack.place != place:
        _rack.close()
        _rack = Rack(place, now)
    return _rack


__all__ = ["HostError", "Rack", "Runner", "open_rack", "rack"]
