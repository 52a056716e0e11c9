# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drives CUDA factories through the C interface: capi_cuda.py <library with runtime> <n>."""

import ctypes
import json
import sys

library = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
library.tl_rt_find_factory.restype = ctypes.c_void_p
library.tl_rt_describe.restype = ctypes.c_char_p
library.tl_rt_config.restype = ctypes.c_char_p
library.tl_rt_last_error.restype = ctypes.c_char_p
library.test_alloc.restype = ctypes.c_void_p


class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def call(what, *arguments):
    if what(*arguments) != 0:
        sys.exit(library.tl_rt_last_error().decode())


def addresses(*arguments):
    return (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(a) for a in arguments])


n = int(sys.argv[2])
size = ctypes.c_size_t(4 * n)
host = (ctypes.c_float * n)(*[float(i) for i in range(n)])
x, y = library.test_alloc(size), library.test_alloc(size)
library.test_to_device(ctypes.c_void_p(x), host, size)
stream = ctypes.c_void_p()
library.test_stream(ctypes.byref(stream))

for name in (b"eager_scale", b"lazy_scale"):
    factory = ctypes.c_void_p(library.tl_rt_find_factory(name))
    if not factory:
        sys.exit(library.tl_rt_last_error().decode())
    description = json.loads(library.tl_rt_describe(factory))
    print(description["name"], description["backend"], "lazy" if description["lazy"] else "eager", end=" ")
    count = ctypes.c_int(n)
    # The array holds addresses only: the objects must stay.
    view_x, view_y = Buffer(x, n), Buffer(y, n)
    arguments = addresses(count, view_x, view_y)
    variant = ctypes.c_uint32()
    call(library.tl_rt_prepare, factory, arguments, 3, stream, 0, ctypes.byref(variant))
    call(library.tl_rt_call, factory, arguments, 3, stream, None)
    back = (ctypes.c_float * n)()
    library.test_to_host(back, ctypes.c_void_p(y), size)
    print(library.tl_rt_config(factory, variant).decode(), [back[i] for i in range(3)], back[n - 1] == 2.0 * (n - 1), flush=True)
