"""Object files -> code that can be called, by LLVM's own linker and nothing else of numba."""

import ctypes
import functools
import sys

import llvmlite.binding as llvm


def target_machine() -> llvm.TargetMachine:
    """What makes code for this very processor, with the options of numba's own."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


class Linker:
    """Links object files into this process; everything that it has linked stays until the process ends."""

    @functools.cached_property
    def machine(self) -> str:
        """The processor and its abilities: code made for another would crash."""
        features = llvm.get_host_cpu_features().flatten()
        return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {features} llvmlite {llvm.llvm_version_info}"

    @functools.cached_property
    def _engine(self) -> llvm.ExecutionEngine:
        library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
        for name in ("malloc", "free"):
            llvm.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)
        nothing = llvm.parse_assembly(f'target triple = "{llvm.get_process_triple()}"')
        return llvm.create_mcjit_compiler(nothing, target_machine())

    def link(self, object_file: bytes, entry: str) -> int:
        """The address of its entry."""
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_file))
        self._engine.finalize_object()
        return int(self._engine.get_function_address(entry))


LINKER = Linker()
"""Of this process."""
