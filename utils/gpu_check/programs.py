# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for a machine with a GPU, and how: tables, by the program's name."""

import glob
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACK = os.path.join(ROOT, "build-gpu")
EXAMPLES = "saxpy transpose softmax reduce cub_sum sgemm hgemm hopper_gemm tma_gemm attention".split()
PROGRAMS = {name: (f"docs/examples/cuda/{name}.cu", "-O2", True) for name in EXAMPLES}
# A library's algorithms, and what a program keeps of the library in a file of its own.
EXAMPLES.append("cublaslt")
PROGRAMS["cublaslt"] = (("docs/examples/cuda/cublaslt.cu", "docs/examples/cuda/lt_plan.cpp"), "-O2", True)
# The same source as for HIP and the CPU.
EXAMPLES.append("repulsion")
PROGRAMS["repulsion"] = ("docs/examples/portable/repulsion.cpp", "-O2", True)
PROGRAMS["reaching"] = ("test/cuda/reaching.cu", "-O1", True)
PROGRAMS["reaching_per_thread"] = ("test/cuda/reaching.cu", "-O1", True)
PROGRAMS["later_calls"] = ("test/cuda/later_calls.cu", "-O1", True)
PROGRAMS["opened_library"] = ("test/cuda/opened_library.cu", "-O1", True)
# What a trial sees, what is compared, and for which calls a winner is right: one kind a program.
CALLS = sorted(os.path.basename(path)[: -len(".cu")] for path in glob.glob(f"{ROOT}/test/cuda/call/*.cu"))
for case in CALLS:
    PROGRAMS[f"call_{case}"] = (f"test/cuda/call/{case}.cu", "-O1", True)
PARITY = sorted(os.path.basename(path)[: -len(".cu")] for path in glob.glob(f"{ROOT}/test/parity/*.cu"))
for parity in PARITY:
    PROGRAMS[parity] = (f"test/parity/{parity}.cu", "-O2", True)
# What PyTorch's bindings call; they are built from its wheel, and only where --python has that.
PROGRAMS["libswiglu.so"] = ("docs/examples/torch/swiglu.cpp", "-O2", True)
BINDINGS = ("swiglu_torch.so", "swiglu_tvm_ffi.so")
# The same object as a library and as a program: flags are part of the fingerprint.
PROGRAMS["e01-c-abi-program"] = PROGRAMS["e01-c-abi"]
# The same by other device compilers: Clang as it is, with the threshold that is often recommended, and nvcc.
COMPILERS = {"clang": ["-fplugin-arg-tl-device-code=clang"],
             "unroll": ["-fplugin-arg-tl-device-code=clang", "-Xarch_device", "-mllvm=-unroll-threshold=1000"], "nvcc": []}
PROGRAMS["compilers"] = ("utils/bench/gpu/compilers.cu", "-O2", True)
for compiler in COMPILERS:
    PROGRAMS[f"compilers_{compiler}"] = PROGRAMS["compilers"]
# Each kernel tuned by one compiler, by the other, and over both.
PROGRAMS["over_compilers"] = ("utils/bench/gpu/over_compilers.cu", "-O2", True)
# The same by NVRTC, on the machine with the device.
PROGRAMS["nvrtc"] = ("utils/bench/gpu/nvrtc.cu", "-O2", True)
COMPARED = "transpose softmax reduce sgemm hgemm hopper_gemm tma_gemm attention".split()
for compared in COMPARED:
    for compiler in ("clang", "nvcc"):
        PROGRAMS[f"{compared}_{compiler}"] = PROGRAMS[compared]
# Built again from what won on the device that the file names.
WINNERS = "test/cuda/Inputs/sgemm.winners.tl"
PROGRAMS["sgemm_baked"] = PROGRAMS["sgemm"]
PROGRAMS["sustained"] = PROGRAMS["sustained_hgemm"] = ("utils/bench/gpu/sustained.cu", "-O2", True)
# Examples on 40 problems each.
UNSEEN = "sgemm softmax reduce transpose".split()
for unseen in UNSEEN:
    PROGRAMS[f"unseen_{unseen}"] = ("utils/bench/gpu/unseen.cu", "-O2", True)
PROGRAMS["dispatch"] = ("utils/bench/gpu/dispatch.cu", "-O2", True)
# Untuned, but by the same compiler: another one's code would be another truth.
PROGRAMS["exhaustive"] = ("utils/bench/gpu/exhaustive.cu", "-O2", False)
PROGRAMS["bench_test"] = ("test/cuda/bench_test.cu", "-O1", False)
PROGRAMS["arguments_test"] = ("test/cuda/arguments_test.cu", "-O1", False)
# Random configs, none of them left out; what the plugin says of each goes into the manifest.
PROGRAMS["legality"] = ("test/cuda/legality.cu", "-O1", True)
PROGRAMS["several_devices"] = ("test/cuda/several_devices.cu", "-O1", True)
# Compiled file by file for two architectures; and once more as relocatable device code.
SEPARATE = ("test/cuda/separate.cu", "test/cuda/Inputs/separate_other.cu")
PROGRAMS["separate"] = PROGRAMS["separate_rdc"] = (SEPARATE, "-O1", True)
ARCHITECTURES = {name: "sm_90a" for name in PROGRAMS if name.startswith(("hopper_gemm", "tma_gemm", "attention", "sustained"))}
EXTRA = {
    "reaching_per_thread": ["-DCUDA_API_PER_THREAD_DEFAULT_STREAM"],
    "opened_library": ["-fPIC"],
    "libswiglu.so": ["-fPIC"],
    "e01-c-abi": ["-fPIC"],
    "e01-c-abi-program": ["-fPIC"],
    "e02-dynamic-shared-memory": ["-fplugin-arg-tl-legality=off"],
    "sustained_hgemm": ["-DHGEMM"],
    "legality": ["-fplugin-arg-tl-legality=warn", "-fplugin-arg-tl-remarks"],
    "sgemm_baked": [f"-fplugin-arg-tl-use={ROOT}/{WINNERS}"],
    "separate": ["--cuda-gpu-arch=sm_80"],
    "separate_rdc": ["-fgpu-rdc", "-DWITH_RDC"],
}
for name in PROGRAMS:
    if name.rpartition("_")[2] in COMPILERS:
        EXTRA[name] = COMPILERS[name.rpartition("_")[2]]
for name in UNSEEN:
    EXTRA[f"unseen_{name}"] = [f'-DSOURCE="{ROOT}/docs/examples/cuda/{name}.cu"', f"-DUNSEEN_{name.upper()}"]
SHARED = ("opened_library", "e01-c-abi", "libswiglu.so")
LINKED = {"cublaslt": ["-lcublasLt"]}
# What an example itself says of configs that a problem does not have.
NOT_THERE = {"cublaslt": "algorithms for this problem"}
# With a variant that ptxas refuses.
DROP_FAILED = ("a08-variant-does-not-compile",)
# A part of the space of utils/bench/gpu/on_demand.cu, each of whose configs is compiled: in so many shards.
SUBSET, SUBSET_SHARDS = "on_demand_subset", 16
LIBRARIES = ["libsqlite3.a", "libgtest.a", "libgtest_main.a"]
PROGRAMS_PACKED = os.path.join(PACK, "programs.tar.xz")
# A whole compiler, for what is compiled on the machine with the device.
COMPILER_PACKED = os.path.join(PACK, "compiler.tar.xz")
