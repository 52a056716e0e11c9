# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every public name of the headers stands on a page: names.py CLANG INCLUDE_DIR PAGE...

Public is what Clang lists in namespace tl outside of `detail`, the members of its classes, and the functions, types
and macros of the C headers. A name counts as documented where it stands in a code span or block of the pages."""

import glob
import os
import re
import subprocess
import sys

# Public for generated code and between headers only.
INTERNAL = {
    "kernel": {"launch_now", "described", "with_call", "with_synthetic_call", "factory", "last_launch", "resolved"},
    "tuner": {"factory"},
    "tuning_result": {"from"},
    "with_inputs": {"list"},
    "keyword": None,  # tags in types
    "option": None,  # what a keyword's assignment yields
    "space_t": {"axes", "predicates"},
    "buffer": None,  # a base class
    "facts_t": None,  # what a flag of facts is made of
    "one_problem_t": None,  # the type of tl::one_problem
}
HEADERS = ("agreement", "autotune", "tuner", "bench", "capi", "result")


def private_names(include):
    """Functions that stand at a class's own indentation below `private:`: -ast-list does not tell access."""
    found = set()
    for path in sorted(glob.glob(os.path.join(include, "tl", "**", "*.h"), recursive=True)):
        text = open(path).read()
        for section in re.findall(r"^private:\n(.*?)^(?:public:|\};)", text, re.M | re.S):
            found |= set(re.findall(r"^  (?:\[\[.*?\]\] )?[\w:<>, ]+?[ &*](\w+)\(", section, re.M))
    return found


def cpp_names(clang, include):
    source = "".join(f"#include <tl/{name}.h>\n" for name in HEADERS)
    command = [clang, "-std=c++20", f"-I{include}", "-fsyntax-only", "-x", "c++", "-", "-Xclang", "-ast-list"]
    listed = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    private = private_names(include)
    for line in set(listed.splitlines()):
        if not line.startswith("tl::"):
            continue
        while re.search(r"<[^<>]*>", line):  # arguments of templates, deduction guides
            line = re.sub(r"<[^<>]*>", "", line)
        # In the attribute a keyword goes by the name behind the prefix.
        parts = [part.removeprefix("tl_attribute_keyword_") for part in line.split("::")[1:]]
        name = parts[-1]
        internal = [INTERNAL.get("::".join(parts[:i]), set()) for i in range(1, len(parts))] + [INTERNAL.get(name, set())]
        if ("detail" in parts or not re.fullmatch(r"[a-z]\w*[a-z0-9]", name) or parts[-2:-1] == [name]
                or (len(parts) > 1 and private & set(parts))
                or any(hidden is None or hidden & set(parts) for hidden in internal)):
            continue
        yield "::".join(parts)


def c_names(include):
    """<tl/capi.h>; what <tl/abi.h> has beyond it is for generated code and the headers, but for these."""
    yield from ("tl_rt_last_error", "tl_rt_abi_version")
    yield from re.findall(r"\b(tl_rt_\w+)\(", open(os.path.join(include, "tl", "capi.h")).read())


clang, include, *pages = sys.argv[1:]
code = ""
for page in pages:
    text = open(page).read()
    code += "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.S)) + "\n"
    code += "\n".join(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))) + "\n"
names = set(cpp_names(clang, include)) | set(c_names(include))
names |= {"TL_AUTOTUNE", "TL_ABI_VERSION", "TL_VERSION_STRING"}
missing = [name for name in sorted(names) if not re.search(rf"(?<!\w){name.rsplit('::')[-1]}(?!\w)", code)]
for name in missing:
    print(f"on no page: {name}")
print(f"{len(names)} names")
sys.exit(1 if missing or len(names) < 150 else 0)
