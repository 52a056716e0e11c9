# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A Slurm of the test's own on this machine alone, without accounting and keys: slurm.py COMMAND... runs a command that
finds it, and ends it. As root, as slurmd wants it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from postgres import free_port


def configuration(folder):
    name = socket.gethostname().split(".")[0]
    return f"""
ClusterName=test
SlurmctldHost={name}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName={name} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


def main():
    folder = tempfile.mkdtemp(prefix="tl-slurm-", dir="/tmp")
    for made in ("state", "spool"):
        os.mkdir(os.path.join(folder, made))
    path = os.path.join(folder, "slurm.conf")
    with open(path, "w") as file:
        file.write(configuration(folder))
    os.environ["SLURM_CONF"] = path
    log = open(os.path.join(folder, "log"), "w+")
    daemons = [subprocess.Popen([it, "-D"], stdin=subprocess.DEVNULL, stdout=log, stderr=log) for it in ("slurmctld", "slurmd")]
    try:
        deadline = time.monotonic() + 100
        while "idle" not in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout:
            if time.monotonic() > deadline or any(it.poll() is not None for it in daemons):
                log.seek(0)
                sys.exit("Slurm does not start:\n" + log.read())
            time.sleep(0.2)
        return subprocess.run(sys.argv[1:], timeout=240).returncode
    finally:
        for it in reversed(daemons):
            it.terminate()
            try:
                it.wait(timeout=20)
            except subprocess.TimeoutExpired:
                it.kill()
                it.wait()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
