# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a report: well-formed, self-contained, no script, every drawn coordinate inside its chart."""

import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr", "wbr"}
errors = []


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe", "object", "embed"):
            errors.append(f"<{tag}> in the page")
        for name, value in attributes.items():
            if name.startswith("on"):
                errors.append(f"script in {name}")
            if name in ("href", "src") and not value.startswith("#"):
                errors.append(f"{name} leads out of the page: {value}")
            if value and re.search(r"nan|inf\b", value):
                errors.append(f"{name}=\"{value[:60]}\"")
        for name in ("cx", "cy", "x1", "x2"):
            value = attributes.get(name) or "0"
            if value.endswith("%") and not 0 <= float(value[:-1]) <= 100:
                errors.append(f"<{tag} {name}={value}> is outside")
        if tag == "path":
            for value in re.findall(r"-?[0-9.]+", attributes.get("d", "")):
                if not -45 <= float(value) <= 1045:  # dots are spread by 40 at most
                    errors.append(f"path coordinate {value}")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            errors.append(f"</{tag}> closes nothing")


text = open(sys.argv[1]).read()
page = Page()
page.feed(text)
if page.open:
    errors.append(f"never closed: {page.open}")
if re.search(r"(https?:)?//[a-z]", text) or "url(" in text or "@import" in text:
    errors.append("an address outside the page")
if "{{" in text:
    errors.append("a place that was not filled in")
for error in errors[:20]:
    print(error)
sys.exit(1 if errors else 0)
