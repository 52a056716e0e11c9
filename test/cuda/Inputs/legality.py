# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the plugin's remarks on test/cuda/legality.cu with what follows from ptxas's report (-Xcuda-ptxas -v).

The rules stand here a second time, as those of the CUDA Programming Guide and cuda_occupancy.h say them."""

import re
import sys

# Registers of a block, shared memory of a block that opts in [bytes].
LIMITS = {"sm_75": (65536, 65536), "sm_80": (65536, 166912), "sm_90": (65536, 232448)}


def ceil_to(value, unit):
    return -(-value // unit) * unit


def expected(config, registers, shared, architecture):
    """What no device of the architecture can do, None where it can run."""
    register_file, memory = LIMITS[architecture]
    threads = config["threads"] // config["rows"] * config["rows"]
    if threads > 1024:
        return "threads"
    if config["bound"] and threads > config["bound"]:
        return "bounds"
    warps = ceil_to(-(-threads // 32), 4)
    if warps * ceil_to(32 * registers, 256) > register_file:
        return "registers"
    if shared + config["dynamic"] > memory:
        return "shared"
    return None


WORDS = {"threads": "can be", "bounds": "launch bounds", "registers": "registers:", "shared": "shared memory:"}


def values(text):
    return {name: int(value) for name, value in (field.split("=") for field in text.split(","))}


def main():
    architecture = sys.argv[1]
    said = sys.stdin.read()
    resources = {}
    for name, rest in re.findall(r"Compiling entry function '(\w+)' for '" + architecture + r"'(.*?)Compile time", said, re.S):
        index = int(re.search(r"configLi(\d+)E", name).group(1))
        shared = re.search(r"(\d+) bytes smem", rest)
        resources[index] = int(re.search(r"Used (\d+) registers", rest).group(1)), int(shared.group(1)) if shared else 0
    every = [values(text) for text in re.findall(r"remark: variant of 'run' for config '(\S+?)'", said)]
    never = {values(text)["index"]: why for text, why in re.findall(r"remark: config '(\S+?)' of 'run' can never run: (.*?)(?: \[|\n)", said)}
    counts, wrong = dict.fromkeys(WORDS, 0), []
    for config in every:
        kind = expected(config, *resources[config["index"]], architecture)
        found = never.pop(config["index"], None)
        if kind:
            counts[kind] += 1
        if (kind is None) != (found is None) or (kind and WORDS[kind] not in found):
            wrong.append(f"{config}, {resources[config['index']]}: expected {kind}, found {found}")
    wrong += [f"config {index} is none of the variants: {why}" for index, why in never.items()]
    total = sum(counts.values())
    print(f"{len(every)} configs, {total} of them can never run, " + ("all as expected" if not wrong else f"{len(wrong)} wrong"))
    print(", ".join(f"{count} {kind}" for kind, count in counts.items() if count))
    print("\n".join(wrong))
    return 1 if wrong or not every else 0


sys.exit(main())
