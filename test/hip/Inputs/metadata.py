# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the metadata of a code object says of its kernels, one a line, sorted by demangled name:

    metadata.py FILE                            name, VGPRs, SGPRs, LDS and private bytes, spills, wavefront
    metadata.py FILE --growing WHAT NAME...     fails unless WHAT grows from each kernel to the next;
                                                a kernel is named by a part of its demangled name

Reads llvm-readelf's notes; llvm-readelf and llvm-cxxfilt are on the path.
"""

import re
import subprocess
import sys

FIELDS = {
    "vgprs": "vgpr_count",
    "sgprs": "sgpr_count",
    "lds": "group_segment_fixed_size",
    "private": "private_segment_fixed_size",
    "spills": "vgpr_spill_count",
    "wavefront": "wavefront_size",
}


def kernels(path):
    notes = subprocess.run(["llvm-readelf", "--notes", path], check=True, capture_output=True, text=True).stdout
    target = re.search(r"^amdhsa.target: *'?([^'\n]+)", notes, re.M).group(1)
    found = {}
    # Each kernel is an element of a list; its own fields are indented by four.
    for entry in re.split(r"^  - ", notes, flags=re.M)[1:]:
        fields = dict(re.findall(r"^(?:    )?\.(\w+): +'?([^'\n]+)'?$", entry, re.M))
        if "vgpr_count" in fields:
            name = subprocess.run(["llvm-cxxfilt", fields["name"]], check=True, capture_output=True, text=True).stdout.strip()
            found[name] = {short: int(fields[long]) for short, long in FIELDS.items()}
    return target, found


def main():
    target, found = kernels(sys.argv[1])
    if len(sys.argv) == 2:
        print("target", target)
        for name in sorted(found):
            print(name, " ".join(f"{what} {value}" for what, value in found[name].items()))
        return 0
    what, names = sys.argv[3], sys.argv[4:]
    values = []
    for part in names:
        matching = [name for name in found if part in name]
        if len(matching) != 1:
            print(f"{part} names {len(matching)} kernels of {len(found)}, expected one", file=sys.stderr)
            return 1
        values.append(found[matching[0]][what])
    print(what, *values)
    return 0 if all(a < b for a, b in zip(values, values[1:])) else 1


sys.exit(main())
