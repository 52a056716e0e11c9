# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs what was packed, on a machine that need have nothing but the driver, and keeps what is found there."""

import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import tempfile
import time

from .programs import PACK, PROGRAMS_PACKED


class Summary:
    """What is found goes to the terminal and to gpu-check.txt at once, what programs print to gpu-check.log."""

    def __init__(self, folder, end):
        self.lines = []
        self.found = open(f"{folder}/gpu-check.txt", "w")
        self.log = open(f"{folder}/gpu-check.log", "w")
        self.failed = False
        self.end = end
        self.numbers = {}  # by name, for what is compared across parts

    def note(self, text):
        print(text, flush=True)
        for file in (self.found, self.log):
            file.write(text + "\n")
            file.flush()

    def line(self, verdict, what, text=""):
        self.failed |= verdict == "FAIL"
        self.lines.append(f"{verdict:7} {what:22} {text}".rstrip())
        self.note(self.lines[-1])

    def judge(self, good, what, text=""):
        self.line("ok" if good else "FAIL", what, text)

    def left(self):
        return self.end - time.monotonic()

    def run(self, *command, limit=300, **environment):
        """Return code and output of a command, which is also kept in the log. All of its processes are gone afterwards."""
        env = dict(os.environ, **{name: value for name, value in environment.items() if value is not None})
        begin = time.perf_counter()
        with tempfile.TemporaryFile() as file:
            # Its own process group, and a file in place of a pipe: nothing that it leaves behind is waited for.
            child = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                code = child.wait(timeout=max(1, min(limit, self.left())))
            except subprocess.TimeoutExpired:
                code = 124
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
            file.seek(0)
            output = file.read().decode(errors="replace")
        self.log.write(f"$ {' '.join(command)}   [{time.perf_counter() - begin:.2f} s, status {code}]\n{output}\n")
        self.log.flush()
        return code, output


def program(name):
    return os.path.join(PACK, name)


def rows(cache, query):
    """Nothing where the program has stored nothing."""
    if not os.path.exists(f"{cache}/autotune.db"):
        return []
    with sqlite3.connect(f"file:{cache}/autotune.db?mode=ro", uri=True) as database:
        return list(database.execute(query))


def visible_devices():
    """What CUDA_VISIBLE_DEVICES may be set to, one entry for each device."""
    if os.environ.get("CUDA_VISIBLE_DEVICES"):
        return os.environ["CUDA_VISIBLE_DEVICES"].split(",")
    return [str(i) for i in range(len(glob.glob("/dev/nvidia[0-9]*")))]


def describe_machine():
    if not shutil.which("nvidia-smi"):
        return "GPU unknown (no nvidia-smi)"
    done = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version,power.limit", "--format=csv,noheader"],
                          capture_output=True, text=True, timeout=60)
    gpus = done.stdout.strip().splitlines()
    return f"{len(gpus)} x {gpus[0]}" if gpus else "GPU unknown"


def run_parts(parts, minutes, at_the_end):
    """Runs `parts`, functions of a summary by name, until `minutes` are over, and then `at_the_end`. Returns the exit status."""
    begin = time.monotonic()
    summary = Summary(os.environ.get("OUT", PACK), begin + 60 * minutes)
    with open(f"{PACK}/manifest.json") as file:
        manifest = json.load(file)
    summary.note(f"commit {manifest['commit']}, {manifest['arch']}, {describe_machine()}")
    with tarfile.open(PROGRAMS_PACKED) as archive:
        archive.extractall(PACK)
    for name, part in parts.items():
        if summary.left() < 5:
            summary.line("not run", name, f"the {minutes:g} minutes were over")
            continue
        start = time.monotonic()
        try:
            part(summary)
        except Exception as error:  # one part's trouble must not hide the others' results
            summary.line("FAIL", name, f"{type(error).__name__}: {error}")
        summary.note(f"        ({name}: {time.monotonic() - start:.1f} s)")
    at_the_end(summary)
    summary.note(f"---- summary ({time.monotonic() - begin:.0f} s) ----")
    for line in list(summary.lines):
        summary.note(line)
    return 1 if summary.failed else 0
