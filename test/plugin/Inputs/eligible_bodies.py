# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random `eligible` functions: which configs the plugin says are never eligible, and which are.

  eligible_bodies.py FILE.cpp COMPILER...

Each function is made of integers, comparisons, &&, ||, !, local variables and early returns over the fields of a
config and two arguments. It is also run here, for all configs and many arguments: what the plugin says must never be
eligible there, and of a function that looks at no argument it must say exactly what is not."""

import random
import subprocess
import sys
import re

FUNCTIONS = 120
CONFIGS = [(x, y) for x in (1, 4, 32) for y in (0, 3)]
ARGUMENTS = [(n, m) for n in (-100, -1, 0, 1, 3, 4, 32, 1000) for m in (-7, 0, 2, 31, 500)]


def number(r, names, depth):
    kind = r.randrange(6) if depth else r.randrange(2)
    if kind == 0:
        return str(r.randrange(0, 40)),
    if kind == 1:
        return r.choice(names),
    if kind == 5:
        return number(r, names, depth - 1), "%", str(r.randrange(1, 9))
    return number(r, names, depth - 1), r.choice("+-*"), number(r, names, depth - 1)


def condition(r, names, depth):
    kind = r.randrange(4) if depth else 3
    if kind == 0:
        return "!", condition(r, names, depth - 1)
    if kind < 3:
        return condition(r, names, depth - 1), r.choice(["&&", "||"]), condition(r, names, depth - 1)
    return number(r, names, 1), r.choice(["<", "<=", ">", ">=", "==", "!="]), number(r, names, 1)


def text(tree, python):
    """An expression in C++ or in Python."""
    if isinstance(tree, str):
        return {"&&": " and ", "||": " or ", "!": " not "}.get(tree, tree) if python else tree
    parts = [text(it, python) for it in tree]
    if python and len(tree) == 3 and tree[1] == "%":
        return f"fmod({parts[0]}, {parts[2]})"
    return f"({''.join(parts)})"


def fmod(a, b):
    """C++'s: the sign is the dividend's."""
    return abs(a) % b * (1 if a >= 0 else -1)


def function(r, index):
    names = ["c.x", "c.y"] + (["n", "m"] if index % 3 else [])
    cxx, python = [f"bool f{index}(config c, int n, int m) {{"], ["def f(c, n, m):"]
    for i in range(r.randrange(3)):
        value = number(r, names, 2)
        if r.randrange(2):
            cxx.append(f"  const int v{i} = {text(value, False)};")
        else:
            cxx.append(f"  int v{i} = {text(value, False)};")
        python.append(f"  v{i} = {text(value, True)}")
        names = names + [f"v{i}"]
        if r.randrange(4) == 0:
            cxx.append(f"  v{i} += n;" if "int v" in cxx[-1] and "const" not in cxx[-1] else "  ;")
            python.append(f"  v{i} += n" if "+=" in cxx[-1] else "  pass")
    for _ in range(r.randrange(3)):
        when, what = condition(r, names, 1), condition(r, names, 1)
        shown = r.choice(["false", text(what, False), "true"])
        cxx.append(f"  if ({text(when, False)})\n    return {shown};")
        value = {"false": "False", "true": "True"}.get(shown, text(what, True))
        python.append(f"  if {text(when, True)}:\n    return {value}")
    last = condition(r, names, 2)
    cxx.append(f"  return {text(last, False)};\n}}")
    python.append(f"  return {text(last, True)}")
    # A value that is increased by an argument depends on one.
    return "\n".join(cxx), "\n".join(python), index % 3 == 0 and "+= n" not in "\n".join(cxx)


class Config:
    def __init__(self, x, y):
        self.x, self.y = x, y


def main():
    path, compiler = sys.argv[1], sys.argv[2:]
    r = random.Random(19)
    made = [function(r, i) for i in range(FUNCTIONS)]
    with open(path, "w") as out:
        out.write("#include <tl/autotune.h>\nusing namespace tl::keywords;\n"
                  "struct config { int x = 1; int y = 0; bool operator==(const config &) const = default; };\n"
                  "constexpr auto space = tl::space<config>().axis(&config::x, {1, 4, 32}).axis(&config::y, {0, 3});\n")
        for i, (cxx, _, _) in enumerate(made):
            out.write(f"{cxx}\ntemplate <config C = config{{}}> [[tl::autotune(configs = space, eligible = f{i})]]\n"
                      f"void k{i}(int n, int m) {{}}\nvoid call{i}() {{ k{i}(1, 2); }}\n")
    done = subprocess.run(compiler + ["-w", "-fsyntax-only", "-fplugin-arg-tl-remarks", path],
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    said = {(int(i), int(x), int(y))
            for x, y, i in re.findall(r"config 'x=(\d+),y=(\d+)' of 'k(\d+)' is never eligible", done.stderr)}
    wrong, constant, partial = [], 0, 0
    for i, (cxx, python, alone) in enumerate(made):
        names = {"fmod": fmod}
        exec(python, names)
        for x, y in CONFIGS:
            ever = any(names["f"](Config(x, y), n, m) for n, m in ARGUMENTS)
            never_said = (i, x, y) in said
            if never_said and ever or alone and not ever and not never_said:
                wrong.append(f"x={x},y={y}: {'eligible, and' if ever else 'never eligible, and not'} said:\n{cxx}")
            constant += never_said and alone
            partial += never_said and not alone
    if wrong or constant < 50 or partial < 10:
        sys.exit("\n".join(wrong + [f"{constant} found of the config alone, {partial} in spite of arguments"]))
    print(f"{constant} found of the config alone, {partial} in spite of arguments")


main()
