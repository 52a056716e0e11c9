# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A program that has nothing to do with C++ until it opens a library with a tuned function."""

import ctypes
import sys

print("host runs", flush=True)
print("library says", ctypes.CDLL(sys.argv[1]).run_tuned(), flush=True)
