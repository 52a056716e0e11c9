# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""registered_kernels.py OBJECT COUNT: each kernel whose name the object's host code registers is in each image of its
fat binary, and there are COUNT of them besides the plain one."""

import re
import subprocess
import sys
import tempfile

obj, count = sys.argv[1], int(sys.argv[2])
with tempfile.NamedTemporaryFile() as out:
    subprocess.run(["llvm-objcopy", "--dump-section", ".nv_fatbin=" + out.name, obj, "/dev/null"], check=True)
    fatbin = open(out.name, "rb").read()
data = open(obj, "rb").read()
at = data.find(fatbin)
host = data[:at] + data[at + len(fatbin):]
# The strings that __cudaRegisterFunction is given; the stubs' own names are in the symbol table.
kernels = {it for it in re.findall(rb"(?<=\0)(_Z[\w$]+)(?=\0)", host) if re.search(rb"(?<!__)(?:5scale|5plain)", it)}
kernels = {it.decode() for it in kernels if b"__device_stub__" not in it}
cubins = fatbin.split(b"\x7fELF")[1:]
if not cubins:
    sys.exit("no cubin in the fat binary, which may be compressed")
missing = [(i, it) for i, cubin in enumerate(cubins) for it in kernels if it.encode() not in cubin]
if missing or len(kernels) != count + 1:
    sys.exit(f"{len(kernels)} kernels are registered, expected {count + 1}; not in an image: {missing}")
print(f"{len(kernels)} kernels in {len(cubins)} images")
