# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The device code inside a program: one line for each image, with its architecture and its functions."""

import re
import struct
import sys

EM_CUDA = 190

data = open(sys.argv[1], "rb").read()
lines = []
for found in re.finditer(b"\x7fELF\x02\x01", data):
    at = found.start()
    machine, = struct.unpack_from("<H", data, at + 18)
    if machine != EM_CUDA:
        continue
    flags, = struct.unpack_from("<I", data, at + 48)
    sections, = struct.unpack_from("<Q", data, at + 40)
    entry, count, names = struct.unpack_from("<HHH", data, at + 58)

    def section(index):
        return struct.unpack_from("<IIQQQQ", data, at + sections + index * entry)

    strings = section(names)
    def name(index):
        begin = at + strings[4] + section(index)[0]
        return data[begin:data.index(b"\0", begin)].decode()

    kernels = sorted(text[6:] for text in map(name, range(count)) if text.startswith(".text."))
    lines.append(f"sm_{flags >> 8 & 0xff}: {len(kernels)} functions: {' '.join(kernels)}")
print("\n".join(sorted(lines)))
