# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every subcommand and option that the help shows is in the man page and in the bash completion:
documents.py TLTUNE MAN COMPLETION"""

import re
import subprocess
import sys

tool, man_file, completion_file = sys.argv[1:]
man = re.sub(r"\\f[BIR]", "", open(man_file).read().replace("\\-", "-"))
completion = open(completion_file).read()
missing = []
options = 0


def help_of(*command):
    return subprocess.run([tool, *command, "--help"], capture_output=True, text=True, check=True).stdout


def section(text, begin, end):
    return text.split(begin, 1)[1].split(end, 1)[0]


def check(words, text, where):
    global options
    for word in words:
        options += 1
        if not re.search(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])", text):
            missing.append(f"{word} in {where}")


top = help_of()
names = re.findall(r"^  ([a-z]+) ", top.split("Subcommands:", 1)[1], re.M)
check(re.findall(r"^  (?:-\w,)?(--[\w-]+)", top, re.M), section(man, ".SH OPTIONS", ".SH"), "man page, options")
for name in names:
    words = [word for match in re.findall(r"^  ((?:-\w,)?--[\w-]+)", help_of(name), re.M) for word in match.split(",")]
    words = [word for word in words if word not in ("-h", "--help")]
    if f".SS {name}\n" not in man:
        missing.append(f"{name} in man page")
        continue
    check(words, section(man, f".SS {name}\n", "\n.S"), f"man page, {name}")
    check([name], completion, "completion")
    check(words, section(completion, f"\n  {name})\n", "\n    return ;;\n  "), f"completion, {name}")
for line in missing:
    print("missing:", line)
print(f"{len(names)} subcommands, {options} words")
sys.exit(1 if missing or len(names) < 11 or options < 40 else 0)
