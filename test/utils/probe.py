# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds out, with the compiler under test, what this machine can build. Answers are kept in the build
folder, since each costs a compilation."""

import glob
import hashlib
import json
import mmap
import os
import stat
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


def has_real_time():
    """Whether a program may give itself a real-time class."""
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except (OSError, AttributeError):
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def has_huge_pages():
    """Whether a program can map memory in huge pages of its own."""
    try:
        with mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000):
            return True
    except (OSError, ValueError):
        return False


def hip_flags(config):
    """Flags for Debian's HIP packages and gfx90a, and the libraries; empty when they are missing."""
    script = os.path.join(config.tl_source_dir, "utils", "hip-flags")
    done = subprocess.run(
        [script, "--clang", str(config.tl_llvm_major), "gfx90a"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
    )
    if done.returncode != 0:
        return "", ""
    return "-x hip " + done.stdout.strip(), "-lamdhip64"


def static_runtime(libdir):
    """Links the static runtime, with SQLite's archive where there is one."""
    archives = glob.glob("/usr/lib/*/libsqlite3.a") + glob.glob("/usr/lib64/libsqlite3.a")
    sqlite = archives[0] if archives else "-lsqlite3"
    return f"{libdir}/libtlruntime.a {sqlite} -lm -ldl -pthread"


def others_reach(folder):
    """Whether users other than its owner may go through all folders on the way to it."""
    while True:
        if not os.stat(folder).st_mode & stat.S_IXOTH:
            return False
        parent = os.path.dirname(folder)
        if parent == folder:
            return True
        folder = parent
