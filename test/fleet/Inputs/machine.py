# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Machines that are pretended: each has a cache directory and a name of its own."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time


class Machine:
    def __init__(self, folder, name, remote, program, tltune, patient=True):
        self.name = name
        self.cache = os.path.join(folder, name)
        shutil.rmtree(self.cache, ignore_errors=True)
        os.makedirs(self.cache)
        self.remote = f"{remote}|host={name}|idle=5" if remote else ""
        if remote and patient:  # what is not about limits in time must not depend on them on a busy machine
            self.remote += "|wait=20000"
        self.program, self.tltune = program, tltune

    def environment(self, **more):
        made = {key: value for key, value in os.environ.items() if not key.startswith("TL_")}
        made["TL_CACHE_DIR"] = self.cache
        if self.remote:
            made["TL_REMOTE"] = self.remote
        return dict(made, **{key: str(value) for key, value in more.items()})

    def start(self, *arguments, **more):
        return subprocess.Popen([self.program, *map(str, arguments)], env=self.environment(**more),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def call(self, *arguments, **more):
        """Runs the program; the words that it prints, as a dictionary, and what it says on stderr."""
        return self.end(self.start(*arguments, **more))

    def tune(self, *arguments, **more):
        """The same until the session is finished: on a busy machine it may want to be surer first."""
        for _ in range(4):
            said = self.call(*arguments, **more)
            if all(state for state, in self.sql("select state from winners")):
                break
        return said

    @staticmethod
    def end(process):
        out, err = process.communicate(timeout=200)
        assert process.returncode == 0, (process.returncode, out, err)
        return dict(word.split("=") for word in out.split()), err

    def tool(self, *arguments, status=0):
        done = subprocess.run([self.tltune, *arguments], env=self.environment(), capture_output=True, text=True,
                              timeout=200)
        assert status is None or done.returncode == status, (arguments, done)
        return done.stdout + done.stderr

    def sql(self, text):
        path = os.path.join(self.cache, "autotune.db")
        if not os.path.exists(path):
            return []
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            if not database.execute("select 1 from sqlite_master").fetchone():
                return []  # it is just being made
            return database.execute(text).fetchall()

    def count(self, table):
        rows = self.sql(f"select count(*) from {table}")
        return rows[0][0] if rows else 0

    def winner(self):
        rows = self.sql("select config from winners")
        return rows[0][0] if rows else None

    def helpers(self):
        """Process ids of this machine's helpers."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline") as file:
                    command = file.read()
                with open(f"/proc/{pid}/environ") as file:
                    if "tltune-remote" in command and f"TL_CACHE_DIR={self.cache}\0" in file.read():
                        found.append(int(pid))
            except OSError:
                pass
        return found

    def kill_helpers(self):
        for pid in self.helpers():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.helpers(), "the helper is gone")


def wait_until(condition, what, limit=100):
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)
