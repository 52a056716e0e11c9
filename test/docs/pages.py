# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The code in docs/*.md, compared with the files that it comes from.

    pages.py check DOCS                 blocks equal their files, links lead somewhere
    pages.py run DOCS PAGE [NAME=PATH...]   commands of a page print what the page shows
    pages.py update DOCS [PAGE]         fills the blocks in (with PAGE: also runs its commands; with
                                        the variable TLTUNE, the tool's path: also what it generates)

A block stands under a comment that says where it comes from:

    <!-- snippet: transpose.cpp -->          a file of docs/snippets, without its SPDX line
    <!-- snippet: concepts.cpp#calls -->     the part between `// snippet: calls` and `// end`
    <!-- example: cpu/sgemm.cpp#space -->    the same of docs/examples
    <!-- console: name -->                   commands after `$ `, and what they print
    <!-- command: name -->                   commands that need what a test machine may lack

Printed numbers and times may differ from run to run, and so may the machine's name, which the comment
holds: <!-- console: name; machine: AMD EPYC -->. Everything else may not.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

BLOCK = re.compile(
    r"^( *)<!-- (snippet|example|console|command): ([^;]+?)(?:; machine: (.*?))? -->\n"
    r" *```(\w+)\n(.*?)^ *```$",
    re.M | re.S,
)
GENERATED = re.compile(r"(<!-- generated: tltune generate environment -->\n).*?(<!-- end -->)", re.S)
FENCE = re.compile(r"^ *```(\w+)$", re.M)


def part(path, name):
    text = open(path).read()
    if not name:
        lines = text.splitlines()
        while lines and ("SPDX-License-Identifier" in lines[0] or not lines[0].strip()):
            lines.pop(0)
        return "\n".join(lines) + "\n"
    found = re.search(r"^ *(?://|#) snippet: " + re.escape(name) + r"\n(.*?)^ *(?://|#) end$", text, re.M | re.S)
    if not found:
        raise SystemExit(f"{path}: no part '{name}'")
    return textwrap.dedent(found.group(1))


def source(docs, kind, name):
    file, _, piece = name.partition("#")
    folder = {"snippet": "snippets", "example": "examples"}[kind]
    return part(os.path.join(docs, folder, file), piece)


def machine():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "cpu"


def execute(commands, folder):
    """What each command prints, both streams, as a terminal would show it."""
    shown = ""
    for command in commands:
        done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SystemExit(f"$ {command}\n{done.stdout}exit status {done.returncode}")
        output = done.stdout.replace(folder, "/home/you")
        shown += f"$ {command}\n{output}" + ("" if output.endswith("\n") or not output else "\n")
    return shown


def commands_of(block):
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def normalise(text, name):
    text = text.replace(name, "MACHINE") if name else text
    # On a busy machine a slow variant may be cut off, and the samples may not suffice.
    text = re.sub(r"; (rejected: [^;\n]*|provisional: [^;\n]*, will be continued|\d+ provisional ones among them)", "", text)
    text = text.replace("provisional", "final").replace("unsure", "final")
    # Which variant wins is the machine's matter, and so is whether it stands at the end of an axis.
    text = re.sub(r"tl: [^\n]*: the winner's [^\n]* is the (least|greatest) value of its axis[^\n]*\n", "", text)
    text = re.sub(r"(\dx +)- ", r"\g<1>0 % ", text)  # a speed-up that nothing is sure of
    text = re.sub(r"\d+(\.\d+)?", "N", text)
    text = re.sub(r"\bN (ns|us|ms|s|min)\b", "N T", text)
    return re.sub(r"[ \t]+", " ", text)


def set_up(docs):
    folder = tempfile.mkdtemp()
    for name in os.listdir(os.path.join(docs, "snippets")):
        path = os.path.join(docs, "snippets", name)
        if os.path.isfile(path):
            shutil.copy(path, folder)
    os.environ["TL_CACHE_DIR"] = os.path.join(folder, ".cache", "tl")
    os.environ["TL_PROGRESS"] = "off"
    return folder


def rewrite(docs, page, run):
    path = os.path.join(docs, page)
    text = open(path).read()
    folder = set_up(docs) if run else None

    def fill(match):
        indent, kind, name, _, language, block = match.groups()
        comment = f"{kind}: {name}"
        if kind in ("snippet", "example"):
            block = source(docs, kind, name)
        elif kind == "console" and run:
            block = execute(commands_of(textwrap.dedent(block)), folder)
            if machine() in block:
                comment += f"; machine: {machine()}"
        elif kind == "console":
            return match.group(0)
        else:
            block = textwrap.dedent(block)
        body = textwrap.indent(block, indent)
        return f"{indent}<!-- {comment} -->\n{indent}```{language}\n{body}{indent}```"

    text = BLOCK.sub(fill, text)
    tool = os.environ.get("TLTUNE")
    if tool and GENERATED.search(text):
        table = subprocess.run([tool, "generate", "environment"], check=True, capture_output=True, text=True).stdout
        text = GENERATED.sub(lambda match: match.group(1) + table + match.group(2), text)
    open(path, "w").write(text)


def anchors(text):
    found = set()
    for title in re.findall(r"^#+ (.*)$", text, re.M):
        title = re.sub(r"[^\w\- ]", "", title.lower())
        found.add(title.replace(" ", "-"))
    return found


def check_page(docs, page, errors):
    text = open(os.path.join(docs, page)).read()
    blocks = list(BLOCK.finditer(text))
    named = {match.start(5) for match in blocks}
    for fence in FENCE.finditer(text):
        if fence.group(1) == "sql":  # the schema, which the store's own tests compare
            continue
        if fence.start(1) not in named:
            errors.append(f"{page}: a block of {fence.group(1)} without a comment that says where it comes from")
    for match in blocks:
        _, kind, name, _, _, block = match.groups()
        if kind in ("snippet", "example") and textwrap.dedent(block) != source(docs, kind, name):
            errors.append(f"{page}: the block of {name} differs from the file (pages.py update)")
    plain = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", plain):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        place = os.path.normpath(os.path.join(docs, os.path.dirname(page), file)) if file else os.path.join(docs, page)
        if not os.path.exists(place):
            errors.append(f"{page}: link to {target} leads nowhere")
        elif anchor and place.endswith(".md") and anchor not in anchors(open(place).read()):
            errors.append(f"{page}: {target} is no heading there")


def check(docs):
    errors = []
    pages = sorted(name for name in os.listdir(docs) if name.endswith(".md"))
    index = open(os.path.join(docs, "index.md")).read()
    for page in pages:
        check_page(docs, page, errors)
        if page != "index.md" and f"({page})" not in index:
            errors.append(f"index.md does not lead to {page}")
    used = "".join(open(os.path.join(docs, page)).read() for page in pages)
    for folder, _, files in os.walk(os.path.join(docs, "snippets")):
        for name in files:
            relative = os.path.relpath(os.path.join(folder, name), os.path.join(docs, "snippets"))
            if f"snippet: {relative}" not in used:
                errors.append(f"docs/snippets/{relative} is on no page")
    for error in errors:
        print(error)
    return 1 if errors or len(pages) < 10 else 0


def run(docs, page):
    text = open(os.path.join(docs, page)).read()
    folder = set_up(docs)
    status = 0
    for match in BLOCK.finditer(text):
        _, kind, name, recorded, _, block = match.groups()
        if kind != "console":
            continue
        expected = textwrap.dedent(block)
        actual = execute(commands_of(expected), folder)
        if normalise(expected, recorded) != normalise(actual, machine()):
            print(f"{page}: {name} prints\n{actual}and the page shows\n{expected}")
            status = 1
    shutil.rmtree(folder)
    return status


mode, docs, *rest = sys.argv[1:]
if mode == "check":
    sys.exit(check(docs))
elif mode == "run":
    sys.exit(run(docs, rest[0]))
elif mode == "update":
    for page in sorted(name for name in os.listdir(docs) if name.endswith(".md")):
        rewrite(docs, page, page in rest)
