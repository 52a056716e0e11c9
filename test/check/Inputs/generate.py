# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a program of many functions with random signatures, each with a variant that is wrong in one place.

`generate.py SEED COUNT`. The program calls each function once and prints how many results were wrong. Way 0 of each
is the slow default, way 1 right and faster, way 2 wrong in one element of one output and the fastest.
"""
import random
import sys

seed, count = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
out = []

PRELUDE = r"""
#include <tl/autotune.h>

#include <array>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

using namespace tl::keywords;

using byte = unsigned char;
struct config {
  int way = 0;
};
#define FACTORY template <config C = config{}> [[tl::autotune({.way = 1}, {.way = 2}, rep = 2, warmup = 0)]]

template <int Way> inline void dawdle() {
  for (volatile int w = 0; w < (Way == 0 ? 40 : Way == 1 ? 10 : 0); w = w + 1)
    asm volatile("" ::: "memory");
}
/// What element i of an output becomes, and where it is wrong.
template <class T> T value_of(int i, T was, bool in_place) { return T((in_place ? was : T(0)) + T(i % 23 + 1)); }
template <int Way, class Output> void produce(int n, int wrong, bool skip, bool in_place, Output at) {
  for (int i = 0; i < n; ++i) {
    dawdle<Way>();
    auto &to = at(i);
    using T = std::remove_reference_t<decltype(to)>;
    if (Way == 2 && i == wrong) {
      if (!skip)
        to = T(value_of<T>(i, to, in_place) + T(9));
      continue;
    }
    to = value_of<T>(i, to, in_place);
  }
}
template <class T> struct box { T *data; int size; };
template <class T> struct nested { int tag; struct { double pad; box<T> inner; } deep; };
template <class T> struct summary { int count; T values[4]; std::pair<short, double> more; };
static int wrong_results;
template <class Get> void look(int n, bool in_place, double before, Get get) {
  for (int i = 0; i < n; ++i) {
    const double got = double(get(i));
    if (got != (in_place ? before : 0) + i % 23 + 1) {
      ++wrong_results;
      return;
    }
  }
}
"""
out.append(PRELUDE)

TYPES = ["float", "double", "int", "long", "short", "byte"]


def holder(kind, T, k, n):
    """Globals, parameter, set-up, argument, element i inside, element i outside."""
    v = f"v{k}"
    fill = lambda init: f"std::vector<{T}> {v}({n}, {T}({init}));"
    simple = {
        "pointer": (f"{T} *p{k}", f"{v}.data()", f"p{k}[i]"),
        "span": (f"std::span<{T}> p{k}", f"std::span<{T}>({v})", f"p{k}[i]"),
        "view": (f"tl::inout<{T}> p{k}", f"{v}", f"p{k}.data()[i]"),
        "vector": (f"std::vector<{T}> &p{k}", f"{v}", f"p{k}[i]"),
        "box": (f"box<{T}> p{k}", f"box<{T}>{{{v}.data(), {n}}}", f"p{k}.data[i]"),
        "box_ref": (f"box<{T}> &p{k}", f"b{k}", f"p{k}.data[i]"),
        "nested": (f"nested<{T}> &p{k}", f"b{k}", f"p{k}.deep.inner.data[i]"),
        "iterators": (f"std::vector<{T}>::iterator p{k}, std::vector<{T}>::iterator e{k}", f"{v}.begin(), {v}.end()", f"p{k}[i]"),
        "raw_range": (f"{T} *p{k}, {T} *e{k}", f"{v}.data(), {v}.data() + {v}.size()", f"p{k}[i]"),
    }
    if kind in simple:
        param, arg, inside = simple[kind]
        extra = ""
        if kind == "box_ref":
            extra = f" box<{T}> b{k}{{{v}.data(), {n}}};"
        if kind == "nested":
            extra = f" nested<{T}> b{k}{{3, {{0.5, {{{v}.data(), {n}}}}}}};"
        return "", param, lambda init: fill(init) + extra, arg, inside, f"{v}[i]"
    if kind == "table":
        rows = (n + 15) // 16
        return ("", f"{T} **p{k}",
                lambda init: f"std::vector<std::vector<{T}>> {v}({rows}, std::vector<{T}>(16, {T}({init}))); std::vector<{T} *> t{k}; for (auto &r : {v}) t{k}.push_back(r.data());",
                f"t{k}.data()", f"p{k}[i / 16][i % 16]", f"{v}[i / 16][i % 16]")
    if kind == "vectors":
        rows = (n + 15) // 16
        return ("", f"std::vector<std::vector<{T}>> &p{k}",
                lambda init: f"std::vector<std::vector<{T}>> {v}({rows}, std::vector<{T}>(16, {T}({init})));",
                v, f"p{k}[i / 16][i % 16]", f"{v}[i / 16][i % 16]")
    if kind == "array":
        return ("", f"std::array<{T}, {n}> &p{k}", lambda init: f"std::array<{T}, {n}> {v}; {v}.fill({T}({init}));", v, f"p{k}[i]", f"{v}[i]")
    if kind == "stack":
        return ("", f"{T} *p{k}", lambda init: f"{T} {v}[{n}]; for (auto &it : {v}) it = {T}({init});", v, f"p{k}[i]", f"{v}[i]")
    if kind == "global":
        return (f"static {T} g{k}[{n}];\n", None, lambda init: f"for (auto &it : g{k}) it = {T}({init});", None, f"g{k}[i]", f"g{k}[i]")
    if kind == "global_vector":
        return (f"static std::vector<{T}> g{k};\n", None, lambda init: f"g{k}.assign({n}, {T}({init}));", None, f"g{k}[i]", f"g{k}[i]")
    raise AssertionError(kind)


KINDS = ["pointer", "span", "view", "vector", "box", "box_ref", "nested", "iterators", "raw_range", "table", "vectors",
         "array", "stack", "global", "global_vector"]
calls = []
for f in range(count):
    n = rng.randint(40, 90)  # one element is more than the share that may be wrong
    outputs = []
    for j in range(rng.choice([1, 1, 2, 3])):
        k = f * 10 + j
        T = rng.choice(TYPES)
        outputs.append((holder(rng.choice(KINDS), T, k, n), T, rng.random() < 0.5, rng.choice([0, 1, 2]), k))
    returns = rng.choice(["void", "void", "void", "number", "pair", "summary"])
    bad = rng.randrange(len(outputs) + (returns != "void"))
    wrong, skip = rng.randrange(n), rng.random() < 0.4
    params = ["int n"] + [h[1] for h, *_ in outputs if h[1]]
    result = {"void": "void", "number": "long", "pair": "std::pair<int, float>", "summary": "summary<double>"}[returns]
    out.append("".join(h[0] for h, *_ in outputs))
    out.append(f"FACTORY {result} f{f}({', '.join(params)}) {{\n")
    for j, (h, T, in_place, init, k) in enumerate(outputs):
        place = wrong if j == bad else -1
        # Left alone only where that shows: what is in place or starts at what it becomes does not change by that.
        leave = str(skip and not in_place and (wrong % 23 + 1) != init).lower()
        out.append(f"  produce<C.way>(n, {place}, {leave}, {str(in_place).lower()}, [&](int i) -> {T} & {{ return {h[4]}; }});\n")
    off = f"(C.way == 2 ? 5 : 0)" if bad == len(outputs) else "0"
    out.append({"void": "", "number": f"  return n * 7 + {off};\n", "pair": f"  return {{n, n * 2.f + {off}}};\n",
                "summary": f"  return {{n, {{1, 2, 3.5 + {off}, 4}}, {{short(n), 0.25}}}};\n"}[returns])
    out.append("}\n")
    setup = " ".join(h[2](init) for h, T, in_place, init, k in outputs)
    args = [str(n)] + [h[3] for h, *_ in outputs if h[3]]
    looks = " ".join(f"look({n}, {str(in_place).lower()}, {init}, [&](int i) {{ return {h[5]}; }});"
                     for h, T, in_place, init, k in outputs)
    call = f"f{f}({', '.join(args)})"
    check = {"void": f"{call};", "number": f"wrong_results += {call} != {n * 7};",
             "pair": f"wrong_results += {call}.second != {n * 2};",
             "summary": f"wrong_results += {call}.values[2] != 3.5;"}[returns]
    calls.append(f"__attribute__((noinline)) static void call{f}() {{ {setup} {check} {looks} }}\n")
out.extend(calls)
out.append("int main() {\n" + "".join(f"  call{f}();\n" for f in range(count)) +
           f'  std::printf("{count} functions, %d wrong results\\n", wrong_results);\n}}\n')
sys.stdout.write("".join(out))
