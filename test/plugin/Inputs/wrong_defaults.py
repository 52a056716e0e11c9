# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Factories whose tunables are declared with an error, in every way that is listed: each ends with errors, and no
compiler crashes.

  wrong_defaults.py FOLDER COMPILER...

With and without a precompiled header: Clang goes on after other errors than without one."""

import os
import subprocess
import sys

DEFAULTS = [
    "tl{}", "tl", "unknown{}", "unknown", "config{.nope = 1}", "config{1, 2, 3, 4}", "nullptr", '"text"', "config{}()", "run_time()",
    "throws()", "C", "incomplete{}", "config{C.width}", "all", "&all", "config", "sizeof(unknown)", "config{unknown}",
    "other{}", "1.5", "config{1 / 0}", "[] { return tl{}; }()", "",
]
LISTS = ["config C = {}", "config C = {}, int N = 1", "class T = int, config C = {}", "config C = {}, config D = config{}",
         "auto C = {}", "unknown C = {}", "const config &C = {}", "config *C = {}", "int width = {}", "config C = {}, , int N = 2"]
HEADER = """#include <tl/autotune.h>
"""
SOURCE = """using namespace tl::keywords;
struct incomplete;
struct config {{ int width = 1; bool operator==(const config &) const = default; }};
struct other {{ int width = 1; }};
constexpr config all[] = {{{{1}}, {{2}}, {{4}}}};
config run_time();
constexpr config throws() {{ throw 1; }}
template <{parameters}>
[[tl::autotune(configs = all, eligible = [](config, int) {{ return true; }})]] int factory(int n) {{ return n; }}
int plain() {{ return factory(1); }}
int given() {{ return factory<config{{2}}>(1); }}
auto *address = &factory<>;
"""


def main():
    folder, command = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    header = os.path.join(folder, "header.h")
    with open(header, "w") as out:
        out.write(HEADER)
    subprocess.run(command + ["-x", "c++-header", header, "-o", header + ".pch"], check=True)
    made, crashed, accepted = 0, [], []
    for number, default in enumerate(DEFAULTS):
        for parameters in LISTS if number == 0 else [LISTS[0], LISTS[1 + number % (len(LISTS) - 1)]]:
            parameters = parameters.replace("{}", default, 1)
            path = os.path.join(folder, f"{made}.cpp")
            with open(path, "w") as out:
                out.write(SOURCE.format(parameters=parameters))
            for included in (["-include-pch", header + ".pch"], ["-include", header]):
                done = subprocess.run(command + included + ["-fsyntax-only", path], capture_output=True, text=True, timeout=120)
                if done.returncode == 0:
                    accepted.append(parameters)
                elif done.returncode != 1 or "Stack dump" in done.stderr:
                    crashed.append(f"{path}: template <{parameters}>")
            made += 1
    print("\n".join(crashed + [f"accepted: {it}" for it in accepted]))
    print(f"{made} factories, {len(crashed)} crashes, {len(accepted)} accepted")


main()
