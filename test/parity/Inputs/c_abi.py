# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Drives a library of factories through the C interface: capi.py <runtime> <library> <n>."""

import ctypes
import json
import sys

runtime = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
ctypes.CDLL(sys.argv[2])

runtime.tl_rt_factory_at.restype = ctypes.c_void_p
runtime.tl_rt_find_factory.restype = ctypes.c_void_p
runtime.tl_rt_describe.restype = ctypes.c_char_p
runtime.tl_rt_config.restype = ctypes.c_char_p
runtime.tl_rt_last_error.restype = ctypes.c_char_p


class Buffer(ctypes.Structure):
    """tl::in and its kin."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def last_error():
    return runtime.tl_rt_last_error().decode()


def addresses(*arguments):
    return (ctypes.c_void_p * len(arguments))(*[ctypes.addressof(a) for a in arguments])


names = []
for index in range(runtime.tl_rt_factory_count()):
    factory = ctypes.c_void_p(runtime.tl_rt_factory_at(index))
    names.append(json.loads(runtime.tl_rt_describe(factory))["name"])
print("factories", sorted(names))

factory = ctypes.c_void_p(runtime.tl_rt_find_factory(b"saxpy"))
description = json.loads(runtime.tl_rt_describe(factory))
print("configs", description["configs"])
print("parameters", [(p["name"], p["kind"], p["element"], p["access"]) for p in description["parameters"]])

n = int(sys.argv[3])
x = (ctypes.c_float * n)(*[3.0] * n)
out = (ctypes.c_float * n)()
count, factor = ctypes.c_int(n), ctypes.c_float(2)
view_x, view_out = Buffer(ctypes.addressof(x), n), Buffer(ctypes.addressof(out), n)
arguments = addresses(count, factor, view_x, view_out)

variant = ctypes.c_uint32()
if runtime.tl_rt_prepare(factory, arguments, 4, None, 0, ctypes.byref(variant)) != 0:
    sys.exit("prepare: " + last_error())
print("prepared", runtime.tl_rt_config(factory, variant).decode(), "left the data", list(out) == [0.0] * n)
if runtime.tl_rt_call(factory, arguments, 4, None, None) != 0:
    sys.exit("call: " + last_error())
print("called", list(out) == [6.0] * n)

total = ctypes.c_double()
sum_factory = ctypes.c_void_p(runtime.tl_rt_find_factory(b"sum"))
if runtime.tl_rt_call(sum_factory, addresses(count, view_x), 2, None, ctypes.byref(total)) != 0:
    sys.exit("call: " + last_error())
print("sum", total.value == 3.0 * n)

assert runtime.tl_rt_call(factory, arguments, 3, None, None) == -1
print("error", last_error())
