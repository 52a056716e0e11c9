# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every message that the plugin or the runtime can say has an entry in the troubleshooting page, and every entry
quotes a message that is in the sources:

    messages.py PAGE SOURCE_DIR

A message is the text that a call below is given, literals joined. In an entry, `...` stands for what differs; the
rest must be in the message, in order. Whether a message is said rightly is the business of other tests."""

import os
import re
import sys

# Functions whose literal arguments people see, and where.
PLUGIN = r"\b(?:error|warning)\s*\(|getCustomDiagID\("
RUNTIME = r"\b(?:log_error|log_warning|warn_once|install_default|verdict::failed|fail)\s*\(|status::\w+\("
REASON = r"\b(?:reason|error_?|why)\s*\+?="  # up to the semicolon
HEADERS = r"\b(?:throw |TL_THROW\()(?:std::\w+|tl::infeasible|infeasible)\s*\(|static_assert\("
ENVIRONMENT = r"\bproblems_?\.push_back\("


def files(folder):
    for place, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith((".cpp", ".h")):
                yield os.path.join(place, name)


def argument_text(text, start):
    """From `start` to the closing parenthesis or the semicolon, strings respected."""
    depth, i = 1, start
    while text[i] != ";":
        if text[i] == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif text[i] == "'" and "'" in text[i + 2 : i + 4]:
            i = text.index("'", i + 2)
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            break
        i += 1
    return text[start:i]


def literals(argument):
    """The string literals of an argument list, adjacent ones joined, what is computed between as `...`."""
    found = []
    end = None
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"', argument):
        between = argument[end : match.start()] if end is not None else None
        text = re.sub(r"\\(.)", r"\1", match.group(1))
        if between is not None and not between.strip():
            found[-1] += text
        elif between is not None and re.fullmatch(r"\s*\+[^,]*\+\s*|\s*\+\s*", between):
            found[-1] += "..." + text
        else:
            found.append(text)
        end = match.end()
    return found


def normal(message):
    message = re.sub(r"%(?:select\{[^}]*\}|diff\{[^}]*\})?\d", "...", message)
    message = re.sub(r"\{[^{}]*\}", "...", message)
    return re.sub(r"(\.\.\.)+", "...", message)


def messages(folder, calls, least_words=3):
    """Texts of at least so many words that the calls in a folder are given: (message, file)."""
    for path in files(folder):
        text = re.sub(r'R"\w*\(.*?\)\w*"', '""', open(path).read(), flags=re.S)
        text = re.sub(r"(^|\s)//.*$", "", text, flags=re.M) + '";"'
        for call in re.finditer(calls, text):
            if text.count('"', text.rfind("\n", 0, call.start()) + 1, call.start()) % 2:
                continue  # inside a string: SQL
            given = argument_text(text, call.end())
            for literal in literals(given):
                message = normal(literal)
                if len(re.findall(r"[a-z]{2,}", message)) >= least_words:
                    yield message.strip(), os.path.relpath(path)


def entries(page):
    for line in open(page):
        if line.startswith("| `"):
            yield [code[1] for code in re.findall(r"(`+) ?(.+?) ?\1(?!`)", line.split(" | ")[0])]


def covers(entry, message):
    at = 0
    for piece in entry.split("..."):
        piece = piece.strip()
        found = message.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def main(page, source):
    said = []
    for folder, calls in (("plugin", PLUGIN), ("runtime", RUNTIME), ("runtime", REASON), ("include", HEADERS),
                          ("include", REASON), ("runtime/support", ENVIRONMENT)):
        said += messages(os.path.join(source, folder), calls)
    quoted = [entry for row in entries(page) for entry in row]
    errors = []
    for message, path in sorted(set(said)):
        if not any(covers(entry, message) for entry in quoted):
            errors.append(f"no entry for: {message}   ({path})")
    everything = [normal(text) for folder in ("plugin", "runtime", "include")
                  for path in files(os.path.join(source, folder)) for text in literals(open(path).read())]
    others = ("unknown attribute 'tl::autotune' ignored", "unable to load plugin", "no member named 'autotune.h'",
              "'tl/autotune.h' file not found", "undefined reference to `tl_rt_")  # the compiler's and the linker's own
    for entry in quoted:
        if entry not in others and not any(covers(entry, text) for text in everything):
            errors.append(f"no source says: {entry}")
    for error in errors:
        print(error)
    print(f"{len(set(said))} messages, {len(quoted)} entries")
    return 1 if errors or len(set(said)) < 100 else 0


sys.exit(main(*sys.argv[1:]))
