# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds out, with the compiler under test, what this machine can build. Answers are kept in the build
folder, since each costs a compilation."""

import glob
import hashlib
import json
import os
import subprocess
import tempfile

CUDA_SOURCE = """
#include <cuda_runtime.h>
__global__ void fill(float *out) { out[threadIdx.x] = 1.0f; }
int main() { fill<<<1, 32>>>(nullptr); return cudaGetLastError() == cudaSuccess; }
"""

HIP_SOURCE = """
#include <hip/hip_runtime.h>
__global__ void fill(float *out) { out[threadIdx.x] = 1.0f; __syncthreads(); }
int main() { fill<<<1, 64>>>(nullptr); return hipGetLastError() == hipSuccess; }
"""


def compiles(config, command, source, suffix):
    """Whether `command -c` compiles the source, host and device side."""
    compiler = command.split()[0]
    stamp = os.stat(os.path.realpath(compiler)).st_mtime_ns
    key = hashlib.sha256(f"{command} {stamp} {source}".encode()).hexdigest()[:16]
    answer = os.path.join(config.test_exec_root, f"probe-{key}.json")
    if os.path.exists(answer):
        with open(answer) as file:
            return json.load(file)["compiles"]
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "probe" + suffix)
        with open(path, "w") as file:
            file.write(source)
        done = subprocess.run(
            command.split() + ["-c", path, "-o", os.path.join(directory, "probe.o")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            universal_newlines=True,
        )
    result = {"command": command, "compiles": done.returncode == 0, "output": done.stdout[-2000:]}
    with open(answer + f".{os.getpid()}", "w") as file:
        json.dump(result, file, indent=1)
    os.replace(answer + f".{os.getpid()}", answer)
    return result["compiles"]


def hip_flags(config):
    """Flags for Debian's HIP 5.2 packages and gfx90a, and the libraries; empty when they are missing.

    The device libraries are named one by one, because Clang only picks the set of the ROCm that is
    as old as itself."""
    found = glob.glob("/usr/lib/*/amdgcn/bitcode/ocml.bc") + glob.glob("/usr/amdgcn/bitcode/ocml.bc")
    found += glob.glob("/usr/lib/llvm-*/lib/clang/*/lib/amdgcn/bitcode/ocml.bc")
    found += glob.glob("/usr/lib/llvm-*/lib/clang/*/amdgcn/bitcode/ocml.bc")
    if not found or not os.path.exists("/usr/include/hip/hip_runtime.h"):
        return "", ""
    bitcode = os.path.dirname(found[0])
    flags = [
        "-x hip --offload-arch=gfx90a --rocm-path=/usr",
        f"--rocm-device-lib-path={bitcode}",
    ]
    if config.tl_llvm_major >= 20:
        flags += ["-mcode-object-version=5", "-D__AMDGCN_WAVEFRONT_SIZE=64"]
        libraries = ["hip", "ocml", "ockl", "oclc_isa_version_90a", "oclc_wavefrontsize64_on"]
        libraries += ["oclc_abi_version_500", "oclc_finite_only_off", "oclc_unsafe_math_off"]
        libraries += ["oclc_correctly_rounded_sqrt_on", "oclc_daz_opt_off"]
        flags += [f"--hip-device-lib={name}.bc" for name in libraries]
    return " ".join(flags), "-lamdhip64"


def static_runtime(libdir):
    """Links the static runtime, with SQLite's archive where there is one."""
    archives = glob.glob("/usr/lib/*/libsqlite3.a") + glob.glob("/usr/lib64/libsqlite3.a")
    sqlite = archives[0] if archives else "-lsqlite3"
    return f"{libdir}/libtlruntime.a {sqlite} -lm -ldl -pthread"
