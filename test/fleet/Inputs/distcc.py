# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""distcc.py PLUGIN COMPILE... compiles by distcc on this machine, as on another one, with a copy of PLUGIN that distccd's
user can read. A configuration file names it, since distccd refuses -fplugin=. There is no way back to a compile here."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from postgres import free_port

folder = tempfile.mkdtemp(prefix="tl-distcc-", dir="/tmp")
os.chmod(folder, 0o755)
for made in ("client", "server"):
    os.mkdir(os.path.join(folder, made))
    os.chmod(os.path.join(folder, made), 0o777)
plugin = shutil.copy(sys.argv[1], folder)
os.chmod(plugin, 0o755)
settings = os.path.join(folder, "tl.cfg")
with open(settings, "w") as file:
    file.write(f"-fplugin={plugin}\n")
os.chmod(settings, 0o644)
server_folder = os.path.join(folder, "server")
port = free_port()
log = os.path.join(folder, "log")
open(log, "w").close()
os.chmod(log, 0o666)
server = subprocess.Popen(["distccd", "--daemon", "--no-detach", "--listen", "127.0.0.1", "--allow", "127.0.0.1", "--port",
                           str(port), "--enable-tcp-insecure", "--user", "nobody", "--log-file", log, "--jobs", "1"],
                          env=dict(os.environ, HOME=folder, TMPDIR=server_folder, DISTCC_DIR=server_folder), start_new_session=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    environment = dict(os.environ, DISTCC_HOSTS=f"127.0.0.1:{port}", DISTCC_FALLBACK="0", DISTCC_DIR=os.path.join(folder, "client"),
                       DISTCC_BACKOFF_PERIOD="0")
    command = ["distcc", *sys.argv[2:], f"--config={settings}"]
    deadline = time.monotonic() + 60  # until the server listens
    while (done := subprocess.run(command, env=environment, capture_output=True, text=True,
                                     timeout=100)).returncode == 116 and 'refused' in done.stderr:
        if time.monotonic() > deadline or server.poll() is not None:
            print(open(log).read())
            break
        time.sleep(0.2)
    print(done.stdout + done.stderr, end="")
    with open(log) as file:
        print("compiled there:", sum("COMPILE_OK" in line for line in file))
    sys.exit(done.returncode)
finally:
    os.killpg(server.pid, signal.SIGKILL)  # its own processes too
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)
