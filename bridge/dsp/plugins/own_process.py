"""Plug-ins in this very process, for chains that say `isolate: false`: a crash ends the engine and its job."""

from bridge.audio.signal import Samples
from bridge.dsp.plugins.host import LOADED_MAX, HostError
from bridge.dsp.plugins.session import Session, SlotError
from bridge.dsp.plugins.wire import Prepared, PrepareOrder, Ran


class OwnProcess:
    """Runs plug-ins here."""

    def __init__(self) -> None:
        self._session = Session(lambda _slot, _doing: None, lambda _slot: None)
        self._loaded = 0

    @property
    def is_full(self) -> bool:
        """Whether it holds so many that others must run elsewhere: an engine is not ended for them, as hosts are."""
        return self._loaded >= LOADED_MAX

    def prepare(self, order: PrepareOrder) -> Prepared:
        """Every plug-in of the order, ready for a signal.

        Raises:
            HostError: one could not be loaded, or set up.
        """
        try:
            prepared = self._session.prepare(order)
        except SlotError as error:
            raise HostError(error.failure) from error
        self._loaded += prepared.loaded
        return prepared

    def run(self, block: Samples) -> tuple[Samples, Ran]:
        """The next block after all plug-ins.

        Raises:
            HostError: one raised an error or gave nonsense.
        """
        try:
            return self._session.run(block)
        except SlotError as error:
            raise HostError(error.failure) from error
