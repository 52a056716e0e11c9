# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tries each row of the table of flags in docs/nvcc.md.

    flag_table.py PAGE CLANG CUDA SOURCE FOLDER [FLAG]

Both compilers take the flags of their column without a warning and make an object; what stands in the last column is in
the PTX of both. With FLAG, only rows that have it."""

import re
import subprocess
import sys

page, clang, cuda, source, folder = sys.argv[1:6]
only = sys.argv[6] if len(sys.argv) > 6 else ""
text = open(page).read()
rows = re.findall(r"^\|(.*)\|(.*)\|(.*)\|$", text[text.index("<!-- table: flags -->"):].split("\n\n")[0], re.M)[2:]
if len(rows) < 15:
    sys.exit(f"flag_table: found {len(rows)} rows of the table of flags in {page}, expected 15 at least")
failed = False


def flags_of(cell):
    return " ".join(re.findall(r"`(.*?)`", cell)).split()


def compile_with(command, flags, *more):
    done = subprocess.run([*command, *flags, *more, source], capture_output=True, text=True, cwd=folder)
    text = (done.stdout + done.stderr).strip()
    # What the flag itself makes the compiler say.
    if done.returncode != 0 or re.search(r"warning|error", text):
        return f"status {done.returncode}: {text}"
    return ""


for theirs, ours, wanted in rows:
    if only not in theirs:
        continue
    nvcc = [f"{cuda}/bin/nvcc", "-O2"]
    plain = [clang, "-x", "cuda", f"--cuda-path={cuda}", "-Wno-unknown-cuda-version", "-O2"]
    mine = flags_of(ours)
    if not any(it.startswith("--cuda-gpu-arch") for it in mine):
        plain.append("--cuda-gpu-arch=sm_90")
    problems = [f"nvcc: {it}" for it in [compile_with(nvcc, flags_of(theirs), "-c", "-o", f"{folder}/nvcc.o")] if it]
    problems += [f"Clang: {it}" for it in [compile_with(plain, mine, "-c", "-o", f"{folder}/clang.o")] if it]
    patterns = re.findall(r"`(.*?)`", wanted)
    if patterns and not problems:
        for name, made in (("nvcc", compile_with(nvcc, flags_of(theirs), "-ptx", "-o", f"{folder}/nvcc.ptx")),
                           ("Clang", compile_with(plain, mine, "--cuda-device-only", "-S", "-o", f"{folder}/clang.ptx"))):
            ptx = open(f"{folder}/{name.lower()}.ptx").read() if not made else ""
            problems += [made] if made else [f"{name}'s PTX has no {it}" for it in patterns if it not in ptx]
    failed |= bool(problems)
    print(f"{theirs.strip()} | {ours.strip()}: {'; '.join(problems) or 'as the page says'}")
sys.exit(failed)
