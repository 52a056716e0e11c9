# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles mutated plugin tests: tokens dropped, doubled, swapped, replaced by others of the same or another file.

None may bring the compiler down, keep it busy for ever, or make it name generated code in a message. What does is
kept in FOLDER and named with its number, by which alone it is made again.

usage: fuzz.py [--first N] [--count N] [--jobs N] [--without-pch N] FOLDER SOURCE... -- COMPILER ARGUMENT...
"""

import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import time

SEED = 20260714
TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*|\w+|<=>|->|::|\.\.\.|\[\[|\]\]|\s+|.", re.S)


def tokens_of(text):
    return TOKEN.findall(text)


def is_code(token):
    return not token.isspace() and not token.startswith(("//", "/*", "#"))


class Source:
    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.code = [i for i, token in enumerate(self.tokens) if is_code(token)]
        # Near an attribute or a config: there the plugin works.
        words = [i for i, token in enumerate(self.tokens) if re.search("autotune|config|FACTORY|width", token)]
        close = {j for i in words for j in range(i - 30, i + 31)}
        self.near = [i for i in self.code if i in close]


def mutate(number, sources, pool):
    rng = random.Random(SEED * 1000003 + number)
    source = rng.choice(sources)
    tokens, code, near = list(source.tokens), source.code, source.near
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
        at = rng.choice(near if near and rng.random() < 0.8 else code)
        kind = rng.randrange(6)
        if kind == 0:
            tokens[at] = ""
        elif kind == 1:
            tokens[at] = f"{tokens[at]} {tokens[at]}"
        elif kind == 2:
            other = rng.choice(code)
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 3:
            tokens[at] = rng.choice(pool)
        elif kind == 4:
            tokens[at] = f"{tokens[at]} {rng.choice(pool)} "
        else:
            for i in range(at, min(at + rng.randint(2, 12), len(tokens))):
                if is_code(tokens[i]):
                    tokens[i] = ""
    return "".join(tokens)


def run(command, path):
    return subprocess.run(command + ["-fsyntax-only", "-ferror-limit=0", "-w", "-ftemplate-depth=64",
                                     "-fconstexpr-steps=100000", "-fno-caret-diagnostics", path],
                          capture_output=True, text=True, errors="replace", timeout=120)


def crashed(done):
    return done.returncode not in (0, 1) or "PLEASE submit a bug report" in done.stderr


def compile_one(number, text, folder, command):
    path = os.path.join(folder, f"mutant{number}.cpp")
    with open(path, "w") as out:
        out.write(text)
    try:
        done = run(command, path)
    except subprocess.TimeoutExpired:
        return number, path, "the compiler did not end within 120 s"
    # What brings the compiler down without the plugin, too, is the compiler's.
    if crashed(done) and not crashed(run([it for it in command if not it.startswith("-fplugin")], path)):
        frames = [line for line in done.stderr.splitlines() if "tlplugin::" in line or "clang::" in line]
        return number, path, "the compiler crashed:\n" + "\n".join(frames[:12])
    named = re.search(r".*(?:error|warning|note): [^\n]*(?:__tl_|tl_attribute_keyword_)[^\n]*", done.stderr)
    if named:
        return number, path, f"generated code is named: {named.group(0)}"
    os.remove(path)
    return number, path, None


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--without-pch", type=int, default=40)
    parser.add_argument("folder")
    parser.add_argument("sources", nargs="+")
    options = parser.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1:]
    os.makedirs(options.folder, exist_ok=True)

    texts = [open(path).read() for path in sorted(options.sources)]
    sources = [source for source in map(Source, texts) if source.code]
    pool = [source.tokens[i] for source in sources for i in source.code]
    # Parsing the headers is most of what a small file costs.
    headers = sorted({line for text in texts for line in re.findall(r"^#include <[a-z_]+>", text, re.M)})
    prefix = os.path.join(options.folder, "headers.h")
    with open(prefix, "w") as out:
        out.write("\n".join(headers + ['#include "Inputs/runtime.h"', "#include <tl/autotune.h>", ""]))
    pch = os.path.join(options.folder, "headers.pch")
    subprocess.run(command + ["-w", "-x", "c++-header", prefix, "-o", pch], check=True)

    begun = time.monotonic()
    numbers = range(options.first, options.first + options.count)
    failures = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        every = max(1, options.count // max(1, options.without_pch))
        jobs = [workers.submit(compile_one, number, mutate(number, sources, pool), options.folder,
                               command if number % every == 0 else command + ["-include-pch", pch])
                for number in numbers]
        for job in concurrent.futures.as_completed(jobs):
            number, path, why = job.result()
            if why:
                failures.append(number)
                print(f"mutant {number} ({path}): {why}")
    print(f"{options.count} mutants, {len(failures)} failures")
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)


main()
