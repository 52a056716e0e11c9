# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Judges what programs with a device leave behind: whether it is right, whatever it took."""

import concurrent.futures
import json
import os
import re
import shutil
import sys
import tempfile
import time

from .programs import BINDINGS, CALLS, NOT_THERE, PACK, PARITY, ROOT, WINNERS
from .reading import expectations, first_missing, session_seconds
from .running import program, rows, visible_devices

INFEASIBLE = 7  # tl::rt::trial_status


def check_google_tests(summary, name, what):
    code, output = summary.run(program(name))
    passed = re.search(r"\[  PASSED  \] (\d+) test", output)
    skipped = re.search(r"\[  SKIPPED \] (\d+) test", output)
    failed = sorted(set(re.findall(r"\[  FAILED  \] (\w+\.\w+)", output)))
    count = int(passed.group(1)) if passed else 0
    text = f"{count} passed" + (f", {skipped.group(1)} not run" if skipped else "")
    text += f", failed: {' '.join(failed)}" if failed else ""
    summary.judge(code == 0 and count, what, text if code in (0, 1) else f"{text}, status {code}")
    for line in re.findall(r"^ *\d+ ms  .*$|^  .*worker ready.*$|^  (?:profiler|cold|idle|GPU-|\w+=|\{).*$", output, re.M):
        summary.note("        " + line.strip())


def check_device_tests(summary):
    check_google_tests(summary, "bench_test", "device tests")
    check_google_tests(summary, "arguments_test", "arguments")


def check_calls(summary):
    for name in CALLS:
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program(f"call_{name}"), TL_CACHE_DIR=cache, TL_LOG="info", TL_PROGRESS="off", limit=60)
        with open(f"{ROOT}/test/cuda/call/{name}.cu") as file:
            refused = re.findall(r"CHECK-NOT: (.*)", file.read())
        missing = first_missing(output, f"test/cuda/call/{name}.cu")
        found = [line for line in refused if line in output]
        good = code == 0 and missing is None and not found
        summary.judge(good, f"call: {name}", "" if good else f"status {code}, missing: {missing}, unwanted: {found}: " + output.replace("\n", "; "))


def check_reaching(summary):
    wanted = [line for line in expectations("test/cuda/reaching.cu")]
    for name in ("reaching", "reaching_per_thread"):
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program(name), TL_CACHE_DIR=cache)
        good = code == 0 and output.splitlines()[-len(wanted):] == wanted
        summary.judge(good, name, f"{len(wanted)} lines" if good else output.replace("\n", "; "))
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(sys.executable, f"{ROOT}/test/cuda/Inputs/host.py", program("opened_library"),
                                   TL_CACHE_DIR=cache, TL_LOG="info")
    good = (code == 0 and output.count("host runs") == 1 and "winner threads=" in output
            and "inside the program" not in output and "library says 1" in output)
    session = re.search(r"[0-9.]+ s, [0-9.]+ passes", output)
    summary.judge(good, "opened by Python", session.group() if good and session else output.replace("\n", "; "))


def check_later_calls(summary):
    """Calls of a tuned problem with other facts: right, and with no session of their own."""
    wanted = expectations("test/cuda/later_calls.cu")
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(program("later_calls"), TL_CACHE_DIR=cache)
        sessions = len(rows(cache, "select uid from sessions"))
        proofs = len(rows(cache, "select config from proofs"))
    good = code == 0 and [line for line in output.splitlines() if not line.startswith("tl: ")] == wanted and sessions == 6
    summary.judge(good, "later calls", f"{len(wanted)} lines, {sessions} sessions, {proofs} proofs" if good
                  else f"{sessions} sessions; " + output.replace("\n", "; "))


def check_separate(summary):
    for name in ("separate", "separate_rdc"):
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program(name), TL_CACHE_DIR=cache)
            winners = len(rows(cache, "select config from winners"))
        # One factory that both files call, one of the second file.
        summary.judge(code == 0 and "0 wrong, no error" in output and winners == 2, name,
                      f"{winners} winners; " + output.replace("\n", "; "))


def check_legality(summary):
    """What the plugin would leave out is exactly what the driver refuses to launch."""
    with open(f"{PACK}/manifest.json") as file:
        verdicts = json.load(file).get("legality", {})
    code, output = summary.run(program("legality"), limit=60)
    driver = dict(re.findall(r"^(\d+) (runs .*|refused .*)$", output, re.M))
    missed = {index: it for index, it in driver.items() if it.startswith("refused") and not verdicts.get(index)}
    wrong = {index: it for index, it in driver.items() if it.startswith("runs") and verdicts.get(index)}
    failed = {index: it for index, it in driver.items() if it.startswith("runs") and " cudaSuccess " not in it}
    good = code == 0 and driver and driver.keys() == verdicts.keys() and not (missed or wrong or failed)
    pruned = sum(why is not None for why in verdicts.values())
    summary.judge(good, "legality", f"{len(driver)} configs, {pruned} of them pruned, {len(missed)} more refused, "
                  f"{len(wrong)} pruned that run" + ("" if code == 0 else f", status {code}"))
    for index in [*missed, *wrong, *failed]:
        summary.note(f"        {index}: {driver[index]}; the plugin says: {verdicts.get(index) or 'may run'}")


def check_baked(summary):
    """What was built from winners runs them, with no database and no trial."""
    with open(os.path.join(ROOT, WINNERS)) as file:
        wanted = re.findall(r"^ *winner \S+ (\S+)", file.read(), re.M)
    with tempfile.TemporaryDirectory() as folder:
        code, output = summary.run(program("sgemm_baked"), TL_CACHE_DIR=f"{folder}/cache", TL_TUNE="require", TL_LOG="info")
        left = os.listdir(folder)
    ran = re.findall(r"winner (\S+) of the program itself", output)
    tuned, baked = (os.path.getsize(program(name)) for name in ("sgemm", "sgemm_baked"))
    summary.judge(code == 0 and ran and set(ran) <= set(wanted) and not left, "baked",
                  f"runs {', '.join(ran) or 'none of its winners'}, status {code}, files left: {len(left)}; "
                  f"program {tuned / 2**20:.1f} MiB, baked {baked / 2**20:.1f}")


def check_several(summary):
    """Winners hold for each device of a model, and idle ones share first runs."""
    devices = visible_devices()
    if len(devices) < 2:
        return summary.line("not run", "second device", "one device") or summary.line("not run", "several devices", "one device")
    wanted = expectations("test/cuda/reaching.cu")
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(program("reaching"), "1", TL_CACHE_DIR=cache, TL_LOG="info")
        again, second = summary.run(program("reaching"), "0", TL_CACHE_DIR=cache, TL_TUNE="require")
    good = code == 0 and again == 0 and wanted == second.splitlines()[-len(wanted):]
    good = good and all(line in output.splitlines() for line in wanted)
    summary.judge(good, "second device", "tuned there, runs on the first" if good else (output + second).replace("\n", "; "))

    seconds, verdicts, winners, helped = {}, {}, {}, []
    time.sleep(2)  # what ran before must not make the second device look busy
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program("several_devices"), TL_CACHE_DIR=cache, TL_LOG="info",
                                       CUDA_VISIBLE_DEVICES=",".join(devices[:count]))
            trials = rows(cache, "select config, status, resources from trials")
            winners[count] = rows(cache, "select config from winners")
        seconds[count] = session_seconds(output)
        if code != 0 or "0 wrong, no error" not in output or not seconds[count]:
            return summary.line("FAIL", "several devices", output.replace("\n", "; "))
        # What a first run is cut off or dropped for depends on times; measured and cut are both right.
        verdicts[count] = {config: "right" if status in (1, 9) else status for config, status, _ in trials}
        units = [json.loads(resources).get("unit", "") for _, _, resources in trials]
        helped = [unit for unit in units if unit]
    ratio = seconds[2] / seconds[1]
    good = (ratio < 0.8 and verdicts[1] == verdicts[2] and winners[1] == winners[2] == [("microseconds=50,habit=0",)]
            and 0 < len(helped) < len(units))
    summary.judge(good, "several devices", f"{len(units)} trials, {len(helped)} of them on a second device; session {seconds[2]:.2f} s, "
                  f"with one device {seconds[1]:.2f} s, ratio {ratio:.2f}; " + (
                      "same verdicts" if verdicts[1] == verdicts[2] else f"verdicts differ: {verdicts}"))


def check_parity(summary):
    for name in PARITY:
        if name == "e01-c-abi":
            continue
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program(name), TL_CACHE_DIR=cache)
        missing = first_missing(output, f"test/parity/{name}.cu")
        good = code == 0 and missing is None
        summary.judge(good, name, "" if good else f"status {code}, no {missing}: " + output.replace("\n", "; "))
        if good and name == "e05-l2-persist":
            summary.note("        " + output.strip().replace("\n", "; "))
    check_c_abi(summary)


def check_c_abi(summary):
    """Whoever comes first tunes; a program, Python over the C interface and a second process agree."""
    python = [sys.executable, f"{ROOT}/test/parity/Inputs/c_abi_cuda.py", program("e01-c-abi")]
    native = [program("e01-c-abi-program")]
    for first, others in ((native, [python, native]), (python, [native, python])):
        size = "100000" if first is native else "200000"
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(*first, size, TL_CACHE_DIR=cache)
            missing = first_missing(output, "test/parity/e01-c-abi.cu")
            for other in others:
                again, same = summary.run(*other, size, TL_CACHE_DIR=cache, TL_TUNE="require")
                code = code or again
                if same != output:
                    missing = missing or f"same output a second time: {same}"
        good = code == 0 and missing is None
        what = "e01-c-abi, " + ("program first" if first is native else "Python first")
        summary.judge(good, what, "" if good else f"status {code}, no {missing}: " + output.replace("\n", "; "))


def check_torch(summary):
    """The tuned function on PyTorch's tensors: streams, graphs, devices, gradients, torch.compile."""
    if not os.path.exists(program(BINDINGS[0])):
        return summary.line("not run", "torch", "built without a Python that has it (build --python)")
    # What that Python lacks may lie in a folder beside the programs.
    path = os.pathsep.join(filter(None, [os.path.join(PACK, "site"), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(sys.executable, f"{ROOT}/docs/examples/torch/swiglu.py", "--device", "cuda", PACK, TL_CACHE_DIR=cache,
                                   TL_LOG="info", TL_PROGRESS="off", PYTHONPATH=path, limit=180)
    if "No module named 'torch'" in output:
        return summary.line("not run", "torch", "there is none")
    right = re.findall(r"^(.*): right$", output, re.M)
    summary.judge(code == 0 and "inside the program" not in output, "torch", f"{len(right)} right" if code == 0 else output[-400:].replace("\n", "; "))
    for line in output.splitlines():
        if line.endswith((": right", "not installed")) or "winner" in line:
            summary.note("        " + line[:240])


def check_example(summary, name):
    with open(f"{PACK}/manifest.json") as file:
        left_out = json.load(file).get("left_out", {}).get(name)
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(program(name), TL_CACHE_DIR=cache, TL_LOG="info", TL_PROGRESS="off")
        if missing := re.search(r"error while loading shared libraries: (\S+):", output):
            return summary.line("not run", name, f"there is no {missing.group(1)}")
        found = [line for line in output.splitlines() if "speed-up" in line]
        winners = rows(cache, "select p.problem, w.config from winners w join problems p on p.id = w.problem_id") if code == 0 else []
        # What the plugin leaves in, the driver launches.
        infeasible = rows(cache, f"select config, reason from trials where status = {INFEASIBLE}") if code == 0 else []
        refused = [it for it in infeasible if "was left out" not in it[1] and NOT_THERE.get(name, "was left out") not in it[1]]
        brief = [re.sub(r"default ([0-9.]+ ms), tuned ([0-9.]+ ms), speed-up ([0-9.]+)", r"\1 -> \2 (\3)", line) for line in found]
        summary.judge(code == 0 and found and winners and not refused, name, "; ".join(brief) or f"status {code}")
        summary.note(f"        variants left out at compile time: {left_out}, refused by the driver: {len(refused)}")
        for config, reason in refused:
            summary.note(f"        refused: {config}: {reason}")
        for line in output.splitlines():
            if "speed-up" in line or "first call took" in line or "; within 1 %" in line:
                summary.note("        " + line)
        for problem, config in winners:
            summary.note(f"        winner at {problem}: {config}")
        if code != 0:
            summary.note("        " + "\n        ".join(output.splitlines()[-5:]))
            return
        again, _ = summary.run(program(name), TL_CACHE_DIR=cache, TL_TUNE="require")
        if again != 0:
            summary.line("FAIL", name, "did not run from the stored winner")


def check_doctor(summary):
    """The tool on a machine with a device: what doctor finds, and what list and show say of a run there."""
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(program("tltune"), "doctor", TL_CACHE_DIR=cache)
        missing = first_missing(output, "test/tltune/doctor_device.test")
        problems = [line for line in output.splitlines() if line.startswith("problem")]
        summary.judge(code == 0 and missing is None, "doctor",
                      "; ".join(problems) or (f"no {missing}" if missing else f"{len(output.splitlines())} lines"))
        for line in output.splitlines():
            summary.note("        " + line)
        summary.run(program("saxpy"), TL_CACHE_DIR=cache)
        code, output = summary.run(program("tltune"), "list", TL_CACHE_DIR=cache)
        summary.judge(code == 0 and "saxpy" in output, "tltune list", f"status {code}")
        for line in output.splitlines():
            summary.note("        " + line)


def check_lock(summary):
    """Two programs that tune at the same time do it one after the other."""
    with tempfile.TemporaryDirectory() as cache:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda command: summary.run(*command, TL_CACHE_DIR=cache, TL_PROGRESS="off"),
                                 [(program("sgemm"),), (program("hgemm"), "2048")]))
        sessions = sorted(rows(cache, "select started, finished from sessions"))
    apart = all(before[1] <= after[0] for before, after in zip(sessions, sessions[1:]))
    good = all(code == 0 for code, _ in done) and len(sessions) >= 2 and apart
    begin = sessions[0][0] if sessions else 0
    summary.judge(good, "device lock", "sessions of two programs [ms]: " + ", ".join(
        f"{started - begin} to {finished - begin}" for started, finished in sessions))


def check_sanitizer(summary):
    tool = shutil.which("compute-sanitizer")
    if not tool:
        return summary.line("not run", "compute-sanitizer", "is not here")
    # What runs inside the program; variants that fault are left out, which the tool cannot go on after.
    runs = [(kind, "bench_test", "*clean_in_process*:*in_place*") for kind in ("memcheck", "racecheck", "synccheck")]
    runs.append(("memcheck", "arguments_test", "*inside_the_program*"))
    for kind, name, tests in runs:
        code, output = summary.run(tool, "--tool", kind, "--error-exitcode", "9", program(name), f"--gtest_filter={tests}")
        text = (re.findall(r"ERROR SUMMARY.*|RACECHECK SUMMARY.*", output) or ["no summary"])[-1]
        summary.judge(code == 0 and re.search(r"SUMMARY: 0 (errors|hazards)", output), f"{kind} {name.removesuffix('_test')}", text)
