# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The reference pages against what they describe:

    reference.py keywords HEADER PAGE        every keyword, with the default that its comment states
    reference.py table SOURCE HEADER PAGE    the plugin's rows: the header's keywords, and the page's types, units and
                                             what is part of the fingerprint
    reference.py environment PAGE < TABLE    the table that the tool prints is on the page
    reference.py exits HEADER PAGE           the exit statuses"""

import re
import sys

errors = []


def rows(page):
    for line in open(page):
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def keywords(header, page):
    text = open(header).read().split("namespace keywords {", 1)[1]
    found = re.findall(r"((?:^///.*\n)+)inline constexpr [^;{]+ (?:tl_attribute_keyword_)?(\w+)\{\};", text, re.M)
    documented = {row[0].strip("`"): row for row in rows(page) if row[0].startswith("`") and len(row) == 5}
    names = {name for _, name in found}
    if len(names) < 15:
        errors.append(f"only {len(names)} keywords found in {header}")
    for name in sorted(names - set(documented)):
        errors.append(f"{name} is not on the page")
    for name in sorted(set(documented) - names):
        errors.append(f"{name} is on the page and is no keyword")
    for comment, name in found:
        default = re.search(r"default:? (-?[\d.]+|true|false|none)\b", comment)
        if name in documented and default and default.group(1).rstrip(".") != documented[name][3].strip("`"):
            errors.append(f"{name}: default {default.group(1)} in the header, {documented[name][3]} on the page")


def table(source, header, page):
    text = open(source).read().split("Rows[] = {", 1)[1].split("\n};", 1)[0]
    found = {}
    for row in re.split(r"\n    \{(?=\.Name)", text)[1:]:
        fields = {
            name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', value)).replace("\\\\", "\\") if '"' in value else value.strip()
            for name, value in re.findall(r"\.(\w+) =((?:\s*\"(?:[^\"\\]|\\.)*\")+|[^,}]+)", row)
        }
        found[fields["Name"]] = fields
    declared = set(re.findall(r"^inline constexpr [^;{]+ tl_attribute_keyword_(\w+)\{\};", open(header).read(), re.M))
    documented = {row[0].strip("`"): row for row in rows(page) if row[0].startswith("`") and len(row) == 5}
    if len(found) < 15:
        errors.append(f"only {len(found)} rows found in {source}")
    for name in sorted(declared ^ set(found)):
        errors.append(f"{name} is in {'the header' if name in declared else 'the table'} only")
    for name, fields in found.items():
        for number, cell in (1, "Type"), (2, "Unit"):
            if name in documented and documented[name][number] != fields.get(cell, ""):
                errors.append(f"{name}: {cell.lower()} {fields.get(cell, '')} in the table, {documented[name][number]} on the page")
    said = re.search(r"^Part of the [^:]*: ([^.]*)\.", open(page).read(), re.M)
    said = set(re.findall(r"`(\w+)`", said.group(1))) if said else set()
    for name in sorted(said ^ {"configs"} ^ {name for name, fields in found.items() if fields.get("ChangesResults") == "true"}):
        errors.append(f"{name}: the table and the page differ on whether it is part of the fingerprint")


def environment(page):
    table = sys.stdin.read()
    if table.count("\n") < 8:
        errors.append("no table to compare with")
    if table not in open(page).read():
        errors.append("the page's table differs from: tltune generate environment")


def exits(header, page):
    values = re.findall(r"exit_\w+ = (\d+),", open(header).read())
    text = open(page).read()
    for value in values:
        if not re.search(rf"\b{value}\b", text):
            errors.append(f"exit status {value} is not on the page")
    if len(values) < 8:
        errors.append("too few exit statuses found")


mode, *rest = sys.argv[1:]
{"keywords": keywords, "table": table, "environment": environment, "exits": exits}[mode](*rest)
for error in errors:
    print(error)
sys.exit(1 if errors else 0)
