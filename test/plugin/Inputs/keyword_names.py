# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes every keyword of the headers behind every kind of qualifier, and misspelt, and compiles it.

A qualifier that leads to the keywords is right, any other an error in the words of the source: none may name what the
headers declare for a keyword.

usage: keyword_names.py KEYWORDS_H FOLDER COMPILER ARGUMENT...
"""

import os
import re
import subprocess
import sys

HIDDEN = "tl_attribute_keyword_"

BEFORE = """#include <tl/autotune.h>
#include <algorithm>
#include <chrono>
struct cfg { int width = 1; };
namespace kw = tl::keywords;
namespace same { namespace again = kw; }
namespace mine { using namespace tl::keywords; }
namespace lib { inline namespace v1 { using namespace tl::keywords; } }
namespace other { int timeout; struct keywords { static int rep; }; }
struct keywords_of_class { static int rep; };
template <class T> struct generic { static int rep; };
enum class words { rep, check };
"""
VALUES = {"configs": "tl::space<cfg>().axis(&cfg::width, {1, 2})", "name": '"f"', "tolerance": "{.rtol = 1e-3}",
          "search": "tl::search::random(2)", "cold": "true", "skip_check": "false", "cache_inputs": "false"}
RIGHT = ["tl::keywords::", "::tl::keywords::", "kw::", "::kw::", "same::again::", "::same::again::", "mine::", "lib::",
         "lib::v1::", "::tl :: keywords :: "]
WRONG = ["::", "tl::", "::tl::", "tl::keyword::", "tl::detail::", "std::", "std::chrono::", "other::", "other::keywords::",
         "keywords_of_class::", "generic<int>::", "words::", "nothing::", "::nothing::", "kw::kw::", "kw::tl::keywords::",
         "kw:: ::", "kw.", "kw->", "decltype(cfg{})::", "keywords::"]
# Numbers, which say nothing of their own about the rest of the attribute.
PLAIN = ["timeout", "budget", "warmup", "rep", "check_repeat"]


def misspelt(word):
    for i in range(len(word)):
        yield word[:i] + word[i + 1:]
        yield word[:i] + word[i] + word[i:]
        yield word[:i] + "x" + word[i + 1:]
    yield f"tl::keywords{word}"
    yield f"tl::keyword_{word}"
    yield f"tl_keyword_{word}"
    yield f"tlkeywords{word}"
    yield f"tl::keywords::{word}s"
    yield f"tl::keywords::x{word}"
    yield f"keywords{word}"


def factory(number, options):
    return f"template <cfg C = cfg{{}}> [[tl::autotune({options})]] int f{number}(int n) {{ return n * C.width; }}\n"


def compile(command, path, lines):
    with open(path, "w") as out:
        out.write(BEFORE + "".join(lines))
    return subprocess.run(command + ["-fsyntax-only", "-ferror-limit=0", path], capture_output=True, text=True)


def errors(path, done, lines):
    """The set of factories that have an error, by number."""
    first = BEFORE.count("\n") + 1
    found = re.findall(re.escape(path) + r":(\d+):\d+: (?:error|warning)", done.stderr)
    return {int(line) - first for line in found} & set(range(len(lines)))


def main():
    header, folder, *command = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    keywords = re.findall(r"^inline constexpr [^;{]+ " + HIDDEN + r"(\w+)\{\};", open(header).read(), re.M)
    taken = [word for word in keywords if word in VALUES or word in PLAIN]
    right = [factory(i, ("" if word == "configs" else "{.width = 2}, ") + f"{qualifier}{word} = {VALUES.get(word, '3')}")
             for i, (qualifier, word) in enumerate((q, w) for q in RIGHT for w in taken)]
    path = os.path.join(folder, "right.cpp")
    done = compile(command, path, right)
    refused = errors(path, done, right)

    wrong = [factory(i, "{.width = 2}, " + text) for i, text in enumerate(
        [f"{qualifier}{word} = 3" for qualifier in WRONG for word in PLAIN] +
        [f"{text} = 3" for word in keywords for text in misspelt(word) if text.split("::")[-1] not in keywords])]
    path = os.path.join(folder, "wrong.cpp")
    failed = compile(command, path, wrong)
    accepted = set(range(len(wrong))) - errors(path, failed, wrong)
    hidden = re.findall(rf".*: (?:error|warning|note): .*{HIDDEN}.*", done.stderr + failed.stderr)
    for number in sorted(refused)[:20]:
        print("refused:", right[number], end="")
    for number in sorted(accepted)[:20]:
        print("accepted:", wrong[number], end="")
    print("\n".join(hidden))
    print(f"{len(keywords)} keywords: {len(refused)} of {len(right)} refused, {len(accepted)} of {len(wrong)} accepted, "
          f"{len(hidden)} messages name {HIDDEN}, status {done.returncode} {failed.returncode}")


main()
