"""Kernel -> object file: numba compiles, and an entry is added that needs nothing of numba or Python.

Numba's functions take arrays as structures, in an order that only numba promises: it is checked against the compiled
code, and another order is refused. They allocate through numba's runtime, of which two functions are needed; both are
added here, on top of the C library.
"""

import types as python_types
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numpy as np

from bridge.dsp.compiled.calls import ArrayKind, KernelError, Kind, Kinds
from bridge.dsp.compiled.identity import called
from bridge.dsp.compiled.linking import target_machine
from bridge.dsp.compiled.shelf import Code
from bridge.dsp.hidden import hidden
from bridge.processes.garbage import uncollected

if TYPE_CHECKING:
    from bridge.dsp.compiled import Kernel

# Where they are installed, numba imports these two at its first call, and kernels use neither: a quarter of a second.
with hidden("scipy", "cffi"), uncollected():
    import numba as numba_package
    from numba.core.runtime import nrtdynmod

    numba: Any = numba_package  # its own types know half of it
    numba.njit(lambda: 0)()
    types: Any = numba.types

LETTERS = {"none": "", "int64": "q", "uint64": "Q", "float64": "d", "float32": "f", "bool": "?"}
"""What kernels may return, as `struct` reads it."""
MATHS = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow", "fmod", "sin", "cos", "tan", "tanh", "atan2")
EXTERNAL = frozenset(["malloc", "free", "memset", "memcpy", "memmove", *MATHS, *(f"{name}f" for name in MATHS)])
"""All that machine code may ask of the process: every C library has it."""
MEMINFO = "{i64, i8*, i8*, i8*, i64}"
"""Numba's record of allocated memory: how often it is used, two of its destructor, where it lies, how large it is."""
RUNTIME = """
declare ptr @malloc(i64)
declare void @free(ptr)

define noalias ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) noinline {
  %step = zext i32 %align to i64
  %extra = add i64 %step, 64
  %room = add i64 %size, %extra
  %info = call ptr @malloc(i64 %room)
  %is_none = icmp eq ptr %info, null
  br i1 %is_none, label %none, label %some
none:
  ret ptr null
some:
  %start = ptrtoint ptr %info to i64
  %after = add i64 %start, %extra
  %mask = sub i64 0, %step
  %aligned = and i64 %after, %mask
  %data = inttoptr i64 %aligned to ptr
  %destructor = getelementptr i64, ptr %info, i64 1
  %its_data = getelementptr i64, ptr %info, i64 2
  %where = getelementptr i64, ptr %info, i64 3
  %how_large = getelementptr i64, ptr %info, i64 4
  store i64 1, ptr %info
  store ptr null, ptr %destructor
  store ptr null, ptr %its_data
  store ptr %data, ptr %where
  store i64 %size, ptr %how_large
  ret ptr %info
}

define void @NRT_MemInfo_call_dtor(ptr %info) noinline {
  call void @free(ptr %info)
  ret void
}
"""


def build(kernel: "Kernel", kinds: Kinds, entry: str) -> Code:
    """The kernel for such arguments, under that symbol.

    Raises:
        KernelError: numba makes code that is not understood here, or that needs more than the C library.
    """
    signature = tuple(_numba_type(kind) for kind in kinds)
    dispatcher = _dispatcher(kernel)
    dispatcher.compile(signature)
    made = dispatcher.overloads[signature]
    module = llvm.parse_assembly(dispatcher.inspect_llvm(signature))
    inner = module.get_function(made.fndesc.llvm_func_name)
    written = _Entry(kinds)
    _check(kernel, written, inner)
    for text in (RUNTIME, written.text(entry, inner.name)):
        module.link_in(llvm.parse_assembly(text))
    return Code(_emitted(module, entry), _letters(made.signature.return_type))


def _dispatcher(kernel: "Kernel") -> Any:
    """Numba's function, in which all kernels that it calls are numba's too; made once."""
    if not hasattr(kernel, "dispatcher"):
        function = kernel.function
        assert isinstance(function, python_types.FunctionType)
        names = function.__globals__ | {name: _dispatcher(other) for name, other in called(kernel).items()}
        twin = python_types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
        twin.__module__, twin.__qualname__ = function.__module__, function.__qualname__
        options = {"nogil": True, "fastmath": True, "forceinline": True}
        options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        kernel.dispatcher = numba.njit(**options)(twin)  # type: ignore[attr-defined]
    return kernel.dispatcher  # type: ignore[attr-defined]


def _numba_type(kind: Kind) -> Any:
    if isinstance(kind, ArrayKind):
        number = numba.from_dtype(np.dtype(kind.dtype))
        layout = "C" if kind.is_contiguous else "A"
        return types.Array(number, kind.dimensions, layout, readonly=not kind.is_writeable)
    if isinstance(kind, tuple):
        return types.BaseTuple.from_types(tuple(_numba_type(part) for part in kind))
    return {"q": types.int64, "Q": types.uint64, "d": types.float64, "f": types.float32}[kind]


def _letters(result: Any) -> str:
    """What the kernel leaves, as `struct` reads it."""
    parts = tuple(result.types) if isinstance(result, types.BaseTuple) else (result,)
    letters = [LETTERS.get(str(part)) for part in parts]
    if None in letters:
        raise KernelError(f"A kernel returns numbers or a tuple of them, not {result}.")
    return "".join(letter for letter in letters if letter)


# --- The entry --------------------------------------------------------------------------------------------------------


class _Entry:
    """LLVM's text of a function that takes words and calls numba's function with them."""

    def __init__(self, kinds: Kinds) -> None:
        self.passed = ["ptr %result", "ptr %exception"]
        """Type and name of everything that numba's function takes."""
        self._lines: list[str] = []
        self._words = 0
        for kind in kinds:
            self._pass(kind)

    def text(self, entry: str, inner: str) -> str:
        """The whole function, under the name `entry`."""
        return "\n".join(
            (
                f'declare i32 @"{inner}"({", ".join(self.types)})',
                f"define i32 @{entry}(ptr %words, ptr %result) {{",
                "  %exception = alloca ptr",
                "  store ptr null, ptr %exception",
                *self._lines,
                f'  %status = call i32 @"{inner}"({", ".join(self.passed)})',
                "  ret i32 %status",
                "}",
            )
        )

    @property
    def types(self) -> list[str]:
        """Of `passed`."""
        return [part.partition(" ")[0] for part in self.passed]

    def _pass(self, kind: Kind) -> None:
        if isinstance(kind, ArrayKind):
            self._pass_array(kind)
        elif isinstance(kind, tuple):
            for part in kind:
                self._pass(part)
        elif kind == "f":
            self.passed.append(self._line("float", f"fptrunc {self._word('double')} to float"))
        else:
            self.passed.append(self._word("double" if kind == "d" else "i64"))

    def _pass_array(self, kind: ArrayKind) -> None:
        """Two marks of who owns it (nobody), how many numbers, their size, where they lie, shape and strides."""
        data = self._word("ptr")
        sizes = [self._word("i64") for _ in range(2 * kind.dimensions)]
        count = "i64 1"
        for size in sizes[: kind.dimensions]:
            count = self._line("i64", f"mul {count}, {size.removeprefix('i64 ')}")
        item = f"i64 {np.dtype(kind.dtype).itemsize}"
        self.passed += ["ptr null", "ptr null", count, item, data, *sizes]

    def _word(self, kind: str) -> str:
        """The next word, as a value of that type."""
        place = self._line("ptr", f"getelementptr i64, ptr %words, i64 {self._words}")
        self._words += 1
        return self._line(kind, f"load {kind}, {place}")

    def _line(self, kind: str, operation: str) -> str:
        name = f"%v{len(self._lines)}"
        self._lines.append(f"  {name} = {operation}")
        return f"{kind} {name}"


def _check(kernel: "Kernel", entry: _Entry, inner: llvm.ValueRef) -> None:
    """That numba passes arguments, and keeps memory, as it is believed here."""
    found = [str(argument.type) for argument in inner.arguments]
    if found != entry.types or str(nrtdynmod._meminfo_struct_type) != MEMINFO:
        name = kernel.function.__qualname__
        raise KernelError(f"This version of numba ({numba.__version__}) compiles {name} in a way that is not known.")


def _emitted(module: llvm.ModuleRef, entry: str) -> bytes:
    """The object file with that entry and all that it reaches.

    Raises:
        KernelError: it needs something that not every process has.
    """
    for thing in (*module.functions, *module.global_variables):
        if not thing.is_declaration and thing.name != entry:
            thing.linkage = "internal"
    machine = target_machine()
    cleaning = llvm.create_new_module_pass_manager()
    cleaning.add_global_dead_code_eliminate_pass()
    cleaning.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(0)))
    things = (*module.functions, *module.global_variables)
    asked = {thing.name for thing in things if thing.is_declaration and not thing.name.startswith("llvm.")}
    if foreign := asked - EXTERNAL:
        raise KernelError(f"A kernel must not need {', '.join(sorted(foreign))}: write it with loops and numbers.")
    return bytes(machine.emit_object(module))
