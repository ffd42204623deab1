"""What crosses into machine code: arguments as 64-bit words one way, a small result the other."""

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Words: TypeAlias = list[int | float]
RESULT_BYTES_MAX = 64
NUMPY_NUMBERS = {"f4": "f", "u8": "Q", "i8": "q", "i4": "q", "i2": "q"}
NO_EXCEPTION = (0, -2)
"""Numba's marks for "returned" and "returned None"."""


class KernelError(RuntimeError):
    """A mistake in a kernel, or in what is believed of the compiler."""


class ArrayKind(NamedTuple):
    """What a kernel is compiled for, of an array."""

    dtype: str
    """NumPy's one-letter code."""
    dimensions: int
    is_contiguous: bool
    is_writeable: bool


Kind: TypeAlias = ArrayKind | str | tuple[Any, ...]
"""Of an array; `q` (whole), `Q` (np.uint64), `d` or `f` (real) of a number; or of a tuple, those of its members."""
Kinds: TypeAlias = tuple[Kind, ...]


def words_of(arguments: Sequence[Any], words: Words) -> Kinds:
    """The kinds of all arguments, and their values added to `words`: of an array its address, shape and strides.

    Raises:
        TypeError: something is neither an array, a number nor a tuple of such.
    """
    return tuple([_kind(argument, words) for argument in arguments])


def _kind(argument: Any, words: Words) -> Kind:
    if isinstance(argument, np.ndarray):
        words.append(argument.__array_interface__["data"][0])
        words.extend(argument.shape)
        words.extend(argument.strides)
        flags = argument.flags
        if not (flags.aligned and argument.dtype.isnative):
            raise TypeError("A kernel takes arrays of this machine's own numbers only.")
        return ArrayKind(argument.dtype.char, argument.ndim, flags.c_contiguous, flags.writeable)
    if isinstance(argument, tuple):
        return words_of(argument, words)
    return _kind_of_number(argument, words)


def _kind_of_number(argument: Any, words: Words) -> str:
    if isinstance(argument, float):  # an np.float64 too
        words.append(argument)
        return "d"
    if isinstance(argument, int) and not isinstance(argument, bool):
        words.append(argument)
        return "q"
    number: Any = argument
    if isinstance(argument, np.generic) and number.dtype.str[1:] in NUMPY_NUMBERS:
        words.append(number.item())
        return NUMPY_NUMBERS[number.dtype.str[1:]]
    raise TypeError(f"A kernel takes arrays, numbers and tuples of them, not {type(number).__name__}.")


def word_format(kinds: Kinds) -> str:
    """How `struct` packs the words of such arguments."""
    letters: list[str] = []
    for kind in kinds:
        if isinstance(kind, ArrayKind):
            letters.append("q" * (1 + 2 * kind.dimensions))
        elif isinstance(kind, tuple):
            letters.append(word_format(kind))
        else:
            letters.append("d" if kind == "f" else kind)
    return "".join(letters)


class Call:
    """Machine code for one set of types."""

    def __init__(self, name: str, address: int, kinds: Kinds, result: str) -> None:
        """Takes the code at an address.

        Args:
            name: of the kernel.
            address: of an entry (see `entry`).
            kinds: of the arguments.
            result: what it leaves, as `struct` reads it: one letter for a number, more for a tuple, none for None.
        """
        self._name = name
        self._run: Callable[[bytes, Any], int] = _ENTRY(address)
        self._pack = struct.Struct(word_format(kinds)).pack
        self._unpack = struct.Struct(f"@{result}").unpack_from
        self._is_single = len(result) == 1
        self._nothing = None if result else ctypes.create_string_buffer(RESULT_BYTES_MAX)

    def __call__(self, words: Words) -> Any:
        """What the kernel returns; other threads of Python run meanwhile."""
        left = self._nothing or ctypes.create_string_buffer(RESULT_BYTES_MAX)
        status = self._run(self._pack(*words), left)
        if status not in NO_EXCEPTION:
            raise KernelError(f"The kernel {self._name} gave up (status {status}).")
        if self._nothing is not None:
            return None
        values = self._unpack(left)
        return values[0] if self._is_single else values


_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p)
