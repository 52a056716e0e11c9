# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A PostgreSQL of the test's own: its data directory below /tmp, on a free port of the loopback interface, as an
unprivileged user where the test runs as root, whom postgres refuses."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin"))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Postgres:
    def __enter__(self):
        self.bin = PROGRAMS[-1]
        self.folder = tempfile.mkdtemp(prefix="tl-postgres-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.who = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        environment = dict(os.environ, HOME=self.folder, LC_ALL="C")
        self.run = dict(self.who, cwd=self.folder, env=environment)
        subprocess.run(
            [f"{self.bin}/initdb", "-D", self.data, "-U", "fleet", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True, stdout=subprocess.DEVNULL, **self.run)
        self.port = free_port()
        self.start()
        self.url = f"postgresql://fleet@127.0.0.1:{self.port}/postgres"
        self.remote = self.url
        return self

    def start(self):
        self.process = subprocess.Popen(
            [f"{self.bin}/postgres", "-D", self.data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off", "-c", "max_wal_size=4GB"],
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.folder, "log"), "a"), start_new_session=True,
            **self.run)
        deadline = time.monotonic() + 120
        while subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                             **self.run).returncode:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(open(os.path.join(self.folder, "log")).read())
            time.sleep(0.1)

    def sql(self, text):
        done = subprocess.run(
            [f"{self.bin}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
             str(self.port), "-U", "fleet", "postgres", "-c", text],
            check=True, capture_output=True, text=True, **self.run)
        return done.stdout.strip()

    def signal(self, which):
        """To the server and all that it has started: it hangs, or goes on."""
        os.killpg(self.process.pid, which)

    def kill(self):
        self.process.send_signal(signal.SIGQUIT)  # at once
        self.process.wait()

    def __exit__(self, *_):
        try:
            self.signal(signal.SIGCONT)
            self.kill()
        except ProcessLookupError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":  # for benchmarks and by hand
    with Postgres() as it:
        print(it.remote, flush=True)
        try:
            sys.stdin.read()
        except KeyboardInterrupt:
            pass
