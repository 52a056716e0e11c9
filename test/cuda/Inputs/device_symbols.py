# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""device_symbols.py OBJECT [local]: what each image of an object's device code has: "function NAME" of kernels, "object NAME SIZE"
of variables that another image may ask for (local: of all), and at the end how many names there are twice."""

import struct
import subprocess
import sys
import tempfile

STT_OBJECT, STT_FUNC, STB_LOCAL = 1, 2, 0

with tempfile.NamedTemporaryFile() as out:
    subprocess.run(["llvm-objcopy", "--dump-section", ".nv_fatbin=" + out.name, sys.argv[1], "/dev/null"], check=True)
    data = open(out.name, "rb").read()
at = data.find(b"\x7fELF\x02\x01")
if at < 0:
    sys.exit("no cubin in the fat binary, which may be compressed")
while at >= 0:
    print("image")
    sections, = struct.unpack_from("<Q", data, at + 40)
    entry, count, _ = struct.unpack_from("<HHH", data, at + 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, at + sections + i * entry) for i in range(count)]
    seen, twice = {}, 0
    for header in headers:
        if header[1] != 2:  # SHT_SYMTAB
            continue
        strings = at + headers[header[6]][4]
        for i in range(header[5] // 24):
            name, info, _, section, _, size = struct.unpack_from("<IBBHQQ", data, at + header[4] + 24 * i)
            text = data[strings + name:data.index(b"\0", strings + name)].decode()
            if (info >> 4 == STB_LOCAL and "local" not in sys.argv) or section == 0 or info & 15 not in (STT_OBJECT, STT_FUNC):
                continue
            twice += text in seen
            seen[text] = f"function {text}" if info & 15 == STT_FUNC else f"object {text} {size}"
    print("\n".join(sorted(seen.values())))
    print(f"twice {twice}")
    at = data.find(b"\x7fELF\x02\x01", at + 4)
