"""Job ids: short, sortable by time, and unambiguous when read aloud (Crockford's base 32, in lower case)."""

import secrets
import threading
import time
from collections.abc import Callable

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
EPOCH_S = 1_735_689_600
"""2025-01-01 UTC: seven characters last until 2059."""
TICKS_PER_S = 32
TIME_CHARACTERS = 7
RANDOM_BITS = 10
_READ_AS = str.maketrans("oil", "011")


class JobIds:
    """Makes ids; those of one maker rise strictly, also when its clock goes backwards or many are made at once."""

    def __init__(
        self, now_s: Callable[[], float] = time.time, random_bits: Callable[[int], int] = secrets.randbits
    ) -> None:
        self._now_s = now_s
        self._random_bits = random_bits
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """Next id: when it was made, and two random characters against other makers."""
        with self._lock:
            self._last = max(self._last + 1, int((self._now_s() - EPOCH_S) * TICKS_PER_S))
            return _digits(self._last, TIME_CHARACTERS) + _digits(self._random_bits(RANDOM_BITS), RANDOM_BITS // 5)


def as_typed(text: str) -> str:
    """The id that somebody meant who typed capitals, or O, I or L for the digits that they look like."""
    return text.strip().lower().translate(_READ_AS)


def _digits(number: int, width: int) -> str:
    characters = ""
    while number:
        number, digit = divmod(number, 32)
        characters = ALPHABET[digit] + characters
    return characters.rjust(width, "0")
