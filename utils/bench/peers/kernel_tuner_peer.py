# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernel Tuner's side of utils/bench/peers: the sgemm of docs/examples/cuda, the same text and the same configs."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
NAMES = ("block_m", "block_n", "block_k", "thread_m", "thread_n")


def sgemm_source():
    """The kernel of the example as one that macros configure."""
    with open(os.path.join(ROOT, "docs/examples/cuda/sgemm.cu")) as file:
        text = file.read()
    config = re.search(r"struct sgemm_config \{.*?\n\};\n\nconstexpr int threads_of.*?\n\}\n", text, re.S).group(0)
    kernel = re.search(r"template <sgemm_config Cfg>\n(__global__ .*?\n\}\n)", text, re.S).group(1)
    kernel = kernel.replace("std::size_t", "size_t").replace("__global__ void", 'extern "C" __global__ void')
    config = config.replace("constexpr int threads_of", "__host__ __device__ constexpr int threads_of")
    # The macros have the names of the members: they are read once, and gone.
    macros = f"constexpr int values[] = {{{', '.join(NAMES)}}};\n" + "".join(f"#undef {name}\n" for name in (*NAMES, "threads"))
    members = ", ".join(f"values[{i}]" for i in range(len(NAMES)))
    return f"{macros}{config}\nconstexpr sgemm_config Cfg{{{members}}};\n{kernel}"


def threads(c):
    return c["block_m"] // c["thread_m"] * (c["block_n"] // c["thread_n"])


def fits(c):
    t = threads(c)
    return (c["threads"] == t and c["block_k"] * (c["block_m"] + 4 + c["block_n"]) * 4 <= 48 * 1024
            and c["block_m"] * c["block_k"] % (4 * t) == 0 and c["block_k"] * c["block_n"] % (4 * t) == 0)


def tune(size, a, b, expected):
    """Results and timings of all configs of the example's space; arrays of NumPy."""
    import kernel_tuner
    import numpy
    c = numpy.zeros_like(a)
    return kernel_tuner.tune_kernel(
        "sgemm_kernel", sgemm_source(), (size, size), [numpy.int32(size), numpy.int32(size), a, b, c],
        dict(block_m=[32, 64, 128], block_n=[64, 128, 256], block_k=[8, 16, 32], thread_m=[4, 8], thread_n=[4, 8, 16],
             threads=[64, 128, 256, 512]),
        restrictions=fits, block_size_names=["threads"], grid_div_x=["block_n"], grid_div_y=["block_m"],
        answer=[None, None, None, None, expected], atol=1e-2, lang="CUPY", compiler_options=["-std=c++17"], quiet=True)


def defines_of(config):
    """What Kernel Tuner writes before a kernel."""
    return "".join(f"#define {name} {config[name]}\n" for name in (*NAMES, "threads"))


def compiled(config, size):
    """The kernel as it was tuned: a function of arrays of CuPy, or what else has their interface."""
    import cupy
    import numpy
    kernel = cupy.RawModule(code=defines_of(config) + sgemm_source(), options=("-std=c++17",)).get_function("sgemm_kernel")
    grid = (size // config["block_n"], size // config["block_m"])
    return lambda a, b, c: kernel(grid, (config["threads"],), (numpy.int32(size), numpy.int32(size), cupy.asarray(a), cupy.asarray(b), cupy.asarray(c)))


def is_one_of_four(config):
    return (config["block_size_x"] == 1024) == (config["fault"] == 1)


def scale(bad, x):
    """The best config of four, of which one is bad."""
    import kernel_tuner
    import numpy
    source = """
extern "C" __global__ void scale(int n, const float *x, float *y) {
  int i = blockIdx.x * block_size_x + threadIdx.x;
  if (fault && bad == 1) for (;;) __nanosleep(1000);
  if (fault && bad == 2) y[i + (1ll << 40)] = 1;
  if (i < n) y[i] = fault && bad == 3 ? 3.0f : 2 * x[i];
}
"""
    n = numpy.int32(x.size)
    results, _ = kernel_tuner.tune_kernel(
        "scale", source, int(n), [n, x, numpy.zeros_like(x)],
        dict(block_size_x=[128, 256, 512, 1024], fault=[0, 1], bad=[{"hang": 1, "crash": 2, "wrong": 3}[bad]]),
        restrictions=is_one_of_four, answer=[None, None, 2 * x], lang="CUPY", quiet=True)
    good = [it for it in results if isinstance(it["time"], float)]
    return min(good, key=lambda it: it["time"])
