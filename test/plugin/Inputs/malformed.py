# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles thousands of malformed attributes: none may crash the compiler, none may be accepted.

usage: malformed.py FOLDER COMPILER ARGUMENT...
"""

import itertools
import os
import random
import re
import subprocess
import sys

HEAD = """#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int width = 1; int height = 2; };
struct other { int depth = 1; };
struct empty_config {};
constexpr config list[] = {{1}, {2}};
constexpr other others[] = {{1}};
constexpr auto space = tl::space<config>().axis(&config::width, {1, 2});
auto loose = tl::space<config>().axis(&config::width, {1, 2});
int number = 3;
int function(int);
template <class T> int generic(T);
template <class T> struct open {};
"""

VALID = ["configs = list", "configs = space", "{.width = 2}, {.width = 3}"]

# Each makes the attribute wrong wherever it stands. (`#` is missing: Clang drops every attribute with one,
# [[gnu::aligned(#)]] too, and says nothing.)
WRONG = """
number | 3 | "text" | nullptr | -1 | 'c' | function | generic | generic<int> | config | config{} | {} = 3 | = | = 3 | configs | configs =
configs = loose | configs = number | configs = 3 | configs = nullptr | configs = others | configs = config{} | configs = {} | configs = {1, 2}
configs = function | configs = generic | configs = generic<int> | configs == list | configs += list | configs = list = list
configs = list, configs = list | configs = space, configs = list | configs = undeclared | configs = open<int>{} | configs = list[0] | configs = &list
timeout = -1 | timeout = 0 | timeout = "1" | timeout = nullptr | timeout = {} = 1 | timeout = number | timeout = function(1) | timeout = list | timeout
timeout = -0.0 | timeout = 0.0 / 0.0 | timeout = 1 / 0 | timeout = 3, timeout = 4 | timeout += 3 | (timeout, 3) | timeout = timeout | timeout = ,
budget = -3 | budget = {1, 2} | warmup = -1 | warmup = config{} | rep = 0 | rep = -5 | rep = "many" | rep = {} | rep = 1, rep = 1
check_repeat = -1 | check_repeat = "x" | tolerance = 3 | tolerance = {.rtol = -1} | tolerance = {.atol = -0.5} | tolerance = {.nothing = 1}
tolerance = {.max_mismatched_ratio = 2} | tolerance = {1, 2, 3, true, 5} | tolerance = {"x"} | skip_check = "yes"[5] | skip_check = list
search = 3 | search = tl::search::random(0) | search = tl::search::local(0) | search = tl::search::none | profiler = 1 | profiler = tl::isolation::none
isolation = true | isolation = tl::profiler::wall | cold = list | cold = config{} | cache_inputs = list | unknown = 3 | time_out = 3 | std = 3
{.width = {1, 2}} | {.width = tl::type<int>} | {.width = nullptr} | {.width.x = 1} | {[0] = 1} | {.width = {.x = 1}} | rep = 2.5
skip_check = 0.5 | cold = nullptr | configs = tl::type<int> | profiler = {1, 2, 3} | search = {"x"} | {.depth = 1} | {.width = "x"} | {.width = number} | {.width = undeclared} | {.width} | {.width = 1, .width = } | {. = 3} | {1, 2, 3}
typename T | int | int = 3 | class | sizeof | operator= | ::: | tl:: | tl::keywords:: | tl::keywords::nothing = 3 | auto x = 3 | return | ] | [ | [] | @
[](int x) { return x; } | throw 1 | new int | this | this = 3 | ... | list... | configs = list... | __func__ | alignas(8) | requires true
""".replace("\n", " | ").split(" | ")
WRONG = [w.strip() for w in WRONG if w.strip()]

TEMPLATES = [
    "template <config C = config{}> %s void f%d(int) {}",
    "template <class T, config C = config{}> %s void f%d(T) {}",
    "struct s%d { template <config C = config{}> %s static int f%d(int a, float b = 0); };",
    "namespace n%d { template <config C = config{}> %s int f%d() { return C.width; } }",
    "template <int width = 1, int height = 2> %s void f%d(int) {}",
    # Called, so that what only the dispatcher looks at is looked at.
    "template <class T, T width = 1, T height = 2> %s T f%d(T v) { return v; } inline int u%d = f%d(1);",
    "template <class T, config C = config{}> %s T f%d(T v) { return v; } inline int u%d = f%d(1);",
    "template <class U> struct t%d { template <class T, config C = config{}> %s static T f%d(T); };",
]

SUBJECTS = """
template <class T> %s void a%d(T); | %s void b%d(); | %s int c%d; | struct %s d%d {}; | enum %s e%d {}; | template <config C> %s void g%d();
template <config C = config{}> %s auto h%d() { return 1; } | template <class... T> %s void i%d(T...); | template <config C = config{}, class T> %s void j%d(T);
template <empty_config C = empty_config{}> %s void k%d(); | template <config C = config{}> struct %s l%d {}; | template <config C = config{}> %s int m%d = 1;
template <config C = config{}> using o%d %s = int; | typedef int p%d %s; | template <int width = 1, int height = 2, int more = 3> %s void q%d();
template <class width = int, class height = int> %s void r%d(); | template <config C = config{}> %s consteval int u%d() { return 1; }
template <config C = config{}> void v%d(int w %s); | template <config C = config{}> %s open<C> x%d(); | template <config C = config{}> %s void y%d(open<decltype(C)>, int (*)[C.width]);
struct z%d { template <config C = config{}> %s void f(); template <config C = config{}> %s z%d(int); ~z%d(); };
""".replace("\n", " | ").split(" | ")
SUBJECTS = [s.strip() for s in SUBJECTS if s.strip()]


def fill(template, attribute, number):
    text = template.replace("%s", attribute.replace("%", "%%"))
    return text.replace("%d", str(number))


def known_wrong():
    """Declarations that have to be refused, one a line."""
    number = 0
    for template, wrong, valid in itertools.product(TEMPLATES, WRONG, VALID):
        for arguments in (f"{wrong}, {valid}", f"{valid}, {wrong}", wrong):
            if arguments == wrong and valid is not VALID[0]:
                continue
            number += 1
            yield fill(template, f"[[tl::autotune({arguments})]]", number)
    for subject in SUBJECTS:
        for valid in VALID:
            number += 1
            yield fill(subject, f"[[tl::autotune({valid})]]", number)


def soup(seed, count):
    """Attributes made of shuffled, dropped and doubled tokens: some may be right, none may crash."""
    rng = random.Random(seed)
    tokens = re.findall(r"[\w:]+|\S", " ".join(WRONG + VALID))
    for number in range(count):
        words = rng.choices(tokens, k=rng.randint(0, 12))
        yield fill(rng.choice(TEMPLATES + SUBJECTS), f"[[tl::autotune({' '.join(words)})]]", number)


def compile_lines(path, lines, command):
    with open(path, "w") as out:
        out.write(HEAD + "\n".join(lines) + "\n")
    done = subprocess.run(command + ["-fsyntax-only", "-ferror-limit=0", "-Wno-everything", "-fno-caret-diagnostics", path],
                          capture_output=True, text=True, errors="replace")
    if done.returncode not in (0, 1) or "PLEASE submit a bug report" in done.stderr:
        sys.exit(f"the compiler crashed on {path}:\n{done.stderr[-4000:]}")
    first = HEAD.count("\n") + 1
    pattern = re.compile(re.escape(path) + r":(\d+):\d+: (?:fatal )?error:")
    return {int(m.group(1)) - first for m in pattern.finditer(done.stderr)}


def main():
    folder, command = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    wrong = list(known_wrong())
    pending = wrong
    while pending:
        # Unbalanced brackets make the lines behind them part of the same mistake: look at those again.
        left = []
        for part in range(0, len(pending), 500):
            lines = pending[part:part + 500]
            refused = compile_lines(os.path.join(folder, f"wrong{part}.cpp"), lines, command)
            left += [line for i, line in enumerate(lines) if i not in refused]
        if len(left) == len(pending):
            break
        pending = left
    accepted = pending
    for seed in range(3):
        compile_lines(os.path.join(folder, f"soup{seed}.cpp"), list(soup(seed, 300)), command)
    for line in accepted:
        print("accepted:", line)
    print(f"{len(wrong)} malformed attributes, {len(accepted)} accepted")


main()
