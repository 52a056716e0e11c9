# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parts of a run, by the names of --only."""

import functools

from . import results, times
from .programs import EXAMPLES

# In the order of what is missed most when time runs out.
PARTS = {"tests": results.check_device_tests, "calls": results.check_calls, "reaching": results.check_reaching,
         "later": results.check_later_calls, "separate": results.check_separate, "legality": results.check_legality,
         "baked": results.check_baked, "several": results.check_several, "compilers": times.check_compilers,
         "dispatch": times.check_dispatch, "triton": times.check_triton, "sessions": times.check_sessions,
         "sustained": times.check_sustained, "unseen": times.check_unseen, "parity": results.check_parity}
PARTS.update({name: functools.partial(results.check_example, name=name) for name in EXAMPLES})
PARTS["attention"] = times.check_attention
PARTS["torch"] = results.check_torch
PARTS.update({"doctor": results.check_doctor, "lock": results.check_lock, "sanitizer": results.check_sanitizer})
PARTS["nvrtc"] = times.check_nvrtc
PARTS["on_demand"] = times.check_on_demand
# Longer than all the rest together; and of a packed compiler.
ON_REQUEST = ("sustained", "unseen", "on_demand")
