"""What goes into a kernel and what comes out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from bridge.dsp.compiled import Kernel
from bridge.dsp.compiled.calls import KernelError
from tests.compiled import kernels_to_try as kernels

THREE = np.array([1.0, 2.0, 3.0])


def test_arrays_and_numbers_go_in_and_a_number_comes_out() -> None:
    assert kernels.weighed(THREE, 0.5) == 6.0
    assert kernels.weighed(THREE, float(np.float64(0.5))) == 6.0
    assert kernels.called_back(THREE) == 12.0


def test_tuples_and_numbers_of_every_kind_go_in_and_a_tuple_comes_out() -> None:
    pair = (THREE.astype(np.float32), np.array([0.5]))
    assert kernels.mixed(pair, 4, np.uint64(5), np.float32(0.25)) == (9, 3.75)
    smallest: Any = np.int32(-4)
    assert kernels.mixed(pair, smallest, np.uint64(5), np.float32(0.25)) == (1, 3.75)


def test_a_kernel_may_allocate_and_read_constant_arrays() -> None:
    assert [kernels.with_room(THREE) for _ in range(1000)] == [320.0] * 1000


def test_a_kernel_that_returns_nothing_gives_none_and_one_that_asks_gives_a_bool() -> None:
    values = np.zeros(4)
    assert kernels.filled(values, 2.0) is None
    assert values.tolist() == [2.0] * 4
    assert kernels.is_long(values) is True
    assert kernels.is_long(values[:1]) is False


def test_slices_and_transposed_arrays_are_read_where_they_lie() -> None:
    grid = np.arange(12.0).reshape(3, 4)
    assert kernels.corner(grid) == 1.0 + 4.0
    assert kernels.corner(grid.T) == 4.0 + 1.0
    assert kernels.corner(grid[:, 1:]) == 2.0 + 5.0
    assert kernels.weighed(grid[0, ::2], 1.0) == 4.0
    assert kernels.weighed(np.zeros(0), 1.0) == 0.0


def test_each_set_of_types_is_made_once() -> None:
    kernel: Any = kernels.filled
    assert isinstance(kernel, Kernel)
    for _ in range(3):
        kernels.filled(np.zeros(3), 1.0)
        kernels.filled(np.zeros(6)[::2], 1.0)
    assert len(kernel.calls) == 2


def thousands(factor: int) -> float:
    return kernels.weighed(np.full(1000, float(factor)), 0.5)


def test_a_kernel_runs_in_several_threads_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(thousands, range(50)))
    assert found == [1000.0 * factor for factor in range(50)]


@pytest.mark.parametrize("argument", ["text", None, True, [1.0]])
def test_what_no_kernel_takes_is_named(argument: Any) -> None:
    with pytest.raises(TypeError, match=type(argument).__name__):
        kernels.weighed(THREE, argument)


def test_arrays_of_another_machine_are_refused() -> None:
    with pytest.raises(TypeError, match="own numbers"):
        kernels.weighed(THREE.astype(THREE.dtype.newbyteorder()), 1.0)


def test_machine_code_that_gives_up_is_an_error_and_not_a_result() -> None:
    with pytest.raises(KernelError, match="share"):
        kernels.share(1, 0)
    assert kernels.share(7, 2) == 3


def test_a_kernel_must_not_write_to_what_may_not_be_written() -> None:
    fixed = np.zeros(3)
    fixed.flags.writeable = False
    with pytest.raises(Exception, match="readonly"):
        kernels.filled(fixed, 1.0)
    assert not fixed.any()
