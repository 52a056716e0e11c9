# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Judges what programs with a device take: how fast winners, sessions and calls are."""

import os
import re
import statistics
import sys
import tarfile
import tempfile

from . import results
from .programs import COMPARED, COMPILER_PACKED, COMPILERS, PACK, ROOT, SUBSET, UNSEEN
from .reading import session_seconds
from .running import program, rows


def check_dispatch(summary):
    with tempfile.TemporaryDirectory() as cache:
        code, output = summary.run(program("dispatch"), TL_CACHE_DIR=cache, TL_FORCE_CONFIG="threads=32")
    found = re.search(r"^dispatch: .*dispatched ([0-9.]+) ns, ratio ([0-9.]+).*$", output, re.M)
    if found:
        summary.numbers["dispatched us"] = float(found.group(1)) * 1e-3
    summary.judge(code == 0 and found and float(found.group(2)) <= 1.01, "dispatch", found.group(0) if found else f"status {code}")
    # The handle's launch goes through another function of the toolkit than <<<>>> does.
    for line in re.findall(r"^(?:lazy handle|plain by pointer): .*$", output, re.M):
        summary.note("        " + line)


def kernel_times(summary, name):
    code, output = summary.run(program(name))
    return {kernel: (float(ms), float(total)) for kernel, ms, total in re.findall(r"^kernel (\w+) (\S+) (\S+)$", output, re.M)
            } if code == 0 else {}


def check_over_compilers(summary):
    """Kernels that are tuned by Clang, by nvcc and over both: no winner over both may lose to nvcc's default by more than 1 %."""
    found = {}
    for when, environment in (("default", {"TL_TUNE": "off"}), ("tuned", {})):
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program("over_compilers"), TL_CACHE_DIR=cache, TL_PROGRESS="off", **environment)
        for kernel, *numbers in re.findall(r"^kernel (\w+)" + r" (\S+)" * 6 + "$", output, re.M):
            found.setdefault(kernel, {})[when] = [float(it) for it in numbers]
        if code != 0:
            return summary.line("FAIL", "over compilers", f"status {code}: " + output[-300:].replace("\n", "; "))
    if not found or not all(len(times) == 2 for times in found.values()):
        return summary.line("FAIL", "over compilers", f"kernels that ran: { {kernel: list(times) for kernel, times in found.items()} }")
    for kernel, times in found.items():
        clang, nvcc = times["default"][:2]
        by_clang, by_nvcc, by_both = times["tuned"][:3]
        sums = times["default"][3:] + times["tuned"][3:]
        same = all(abs(it - sums[0]) <= 1e-3 * abs(sums[0]) for it in sums)
        summary.judge(same and by_both <= 1.01 * nvcc and by_both <= 1.02 * min(by_clang, by_nvcc), f"over both: {kernel}",
                      f"default {clang:.4f} clang, {nvcc:.4f} nvcc; tuned {by_clang:.4f} clang, {by_nvcc:.4f} nvcc, {by_both:.4f} both"
                      + ("" if same else "; the results differ"))


def check_compilers(summary):
    """Kernels as people write them for nvcc, and the examples, by each device compiler."""
    names = ["", *COMPILERS]
    found = {compiler: kernel_times(summary, "_".join(["compilers", compiler]).rstrip("_")) for compiler in names}
    if not all(found.values()) or len({tuple(it) for it in found.values()}) != 1:
        return summary.line("FAIL", "compilers", f"kernels that ran: { {name or 'plugin': list(it) for name, it in found.items()} }")
    worst = 0
    for kernel, (ms, total) in found[""].items():
        others = {compiler: found[compiler][kernel] for compiler in COMPILERS}
        same = all(abs(other - total) <= 1e-3 * abs(total) for _, other in others.values())
        worst = max(worst, ms / others["clang"][0])
        summary.judge(same and ms <= 1.02 * others["clang"][0], f"kernel: {kernel}", f"{ms:.4f} ms; " + ", ".join(
            f"{compiler} {other:.4f}" for compiler, (other, _) in others.items()) + ("" if same else "; the results differ"))
    for name in COMPARED:
        times = {}
        for compiler in ("", "clang", "nvcc"):
            with tempfile.TemporaryDirectory() as cache:
                # Of a size that no limit of power decides: there, times are the card's, not the compiler's.
                size = {"hgemm": ["2048"], "hopper_gemm": ["2048"], "tma_gemm": ["2048"], "attention": ["16", "2048"]}.get(name, [])
                code, output = summary.run(program(f"{name}_{compiler}".rstrip("_")), *size, TL_CACHE_DIR=cache, TL_PROGRESS="off")
            times[compiler] = [(float(before), float(after)) for before, after in re.findall(
                r"default ([0-9.]+) ms, tuned ([0-9.]+) ms", output)] if code == 0 else []
        ran = all(times.values())
        text = "; ".join(" ".join(f"{before:.4f}->{after:.4f}" for before, after in times[compiler])
                         + f" {compiler or 'plugin'}" for compiler in times)
        # Over both is the better one of two that were tuned.
        summary.judge(ran and all(mine[1] <= 1.02 * clang[1] and min(mine[1], nvcc[1]) <= 1.01 * nvcc[0]
                                  for mine, clang, nvcc in zip(times[""], times["clang"], times["nvcc"])), f"compilers: {name}", text)
    check_over_compilers(summary)


def check_sustained(summary):
    """Winners on a device that its power limits, against the best for long."""
    for name, truth, sizes in (("tma_gemm", "sustained", (8192, 4096)), ("hgemm", "sustained_hgemm", (8192,))):
        code, output = summary.run(sys.executable, f"{ROOT}/utils/bench/gpu/sustained", program(name), program(truth),
                                   *(word for size in sizes for word in ("--size", str(size))), limit=500)
        found = re.findall(r"^\d+: \d+ of \d+ within.*$", output, re.M)
        summary.judge(code == 0 and found, f"sustained: {name}",
                      "; ".join(found) or f"status {code}: " + output[-300:].replace("\n", "; "))
        for line in output.splitlines():
            summary.note("        " + line)


def check_attention(summary):
    """The example, and PyTorch's best kernel on the same problems."""
    results.check_example(summary, "attention")
    code, output = summary.run(sys.executable, f"{ROOT}/utils/bench/gpu/torch_attention.py", limit=120)
    if code != 0:
        return summary.line("not run", "attention, PyTorch", (output.strip().splitlines() or ["failed"])[-1])
    theirs = {}
    for problem, reached in re.findall(r"^(attention [^:]+): \S+ [0-9.]+ ms, ([0-9.]+) TFLOP/s", output, re.M):
        theirs[problem] = max(theirs.get(problem, 0), float(reached))
    with tempfile.TemporaryDirectory() as cache:
        _, output = summary.run(program("attention"), TL_CACHE_DIR=cache, TL_PROGRESS="off", limit=300)
    ours = {problem: float(reached) for problem, reached in re.findall(r"^(attention [^:]+): .* ([0-9.]+) TFLOP/s", output, re.M)}
    shares = {problem: ours.get(problem, 0) / best for problem, best in theirs.items()}
    summary.judge(shares and min(shares.values()) >= 0.9, "attention, PyTorch",
                  "; ".join(f"{problem} {100 * share:.0f} %" for problem, share in shares.items()))


def check_unseen(summary):
    """What a prediction of a problem from others loses, over 40 problems an example."""
    programs = [program(f"unseen_{name}") for name in UNSEEN]
    code, output = summary.run(sys.executable, f"{ROOT}/utils/bench/gpu/unseen", program("tltune"), *programs,
                               "--keep", f"{os.environ.get('OUT', PACK)}/unseen", limit=500)
    found = re.findall(r"^.* problems tuned in .*$", output, re.M)
    summary.judge(code == 0 and len(found) == len(UNSEEN), "unseen",
                  f"{len(found)} examples" if found else f"status {code}: " + output[-300:].replace("\n", "; "))
    for line in found:
        summary.note("        " + line)


def check_triton(summary):
    code, output = summary.run(sys.executable, f"{ROOT}/utils/bench/gpu/triton_gemm.py", limit=120)
    if code != 0:
        return summary.line("not run", "triton", (output.strip().splitlines() or ["failed"])[-1])
    for name, pattern in (("triton tuning s", r"a further shape ([0-9.]+) s"), ("triton call us", r"autotuned call ([0-9.]+) us")):
        found = re.search(pattern, output)
        if found:
            summary.numbers[name] = float(found.group(1))
    summary.line("ok", "triton", "; ".join(line.removeprefix("triton: ") for line in output.splitlines() if line.startswith("triton: ")))


def check_sessions(summary, count=20):
    exhaustive = program("exhaustive")
    truth = {}
    for turn in range(2):
        code, output = summary.run(exhaustive, "2048", "300")
        for config, ms in re.findall(r"config (\S+) ([0-9.]+)", output):
            truth.setdefault(config, []).append(float(ms))
    if not truth:
        return summary.line("FAIL", "sessions", "the exhaustive measurement failed")
    truth = {config: statistics.mean(times) for config, times in truth.items()}
    best = min(truth.values())
    good, seconds, sessions, margins = 0, [], [], []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as cache:
            code, output = summary.run(program("hgemm"), "2048", TL_CACHE_DIR=cache, TL_PROGRESS="off", TL_LOG="info")
            session = session_seconds(output)
            took = re.search(r"first call took ([0-9.]+)", output)
            winner = rows(cache, "select config from winners") if code == 0 else []
            if not took or not winner or winner[0][0] not in truth:
                summary.note(f"        a session failed: status {code}, winner {winner}")
                continue
            if session:
                sessions.append(session)
            seconds.append(float(took.group(1)))
            margins.append(truth[winner[0][0]] / best - 1)
            good += margins[-1] <= 0.01
            summary.note(f"        {seconds[-1]:.3f} s, {100 * margins[-1]:.2f} % from the best: {winner[0][0]}")
    ranked = sorted(truth.items(), key=lambda item: item[1])
    summary.note("        exhaustive: " + "; ".join(f"{config} {1e3 * ms:.2f} us" for config, ms in ranked[:6]))
    text = f"{good} of {count} winners within 1 %"
    if sessions:
        summary.numbers["session s"] = statistics.median(sessions)
        text += f", session {statistics.median(sessions):.3f} s (median)"
    if seconds:
        text += f", first call {statistics.median(seconds):.3f} s (median), worst winner {100 * max(margins):.2f} %"
    summary.judge(good >= count - 1, "sessions", text)
    if sessions and seconds:
        took = statistics.median(sessions), statistics.median(seconds)
        summary.judge(took[0] <= 0.25 and took[1] <= 0.36, "time to tune",
                      f"session {took[0]:.3f} s, expected at most 0.25; first call {took[1]:.3f} s, expected at most 0.36")


def compare_with_triton(summary):
    """What two parts have to say together; nothing where one of them did not run."""
    numbers = summary.numbers
    if "session s" in numbers and "triton tuning s" in numbers:
        ratio = numbers["triton tuning s"] / numbers["session s"]
        summary.judge(ratio >= 10, "tuning time", f"24 configs at 2048^3: session {numbers['session s']:.3f} s, "
                      f"Triton {numbers['triton tuning s']:.3f} s, {ratio:.1f} times less")
    if "dispatched us" in numbers and "triton call us" in numbers:
        ratio = numbers["triton call us"] / numbers["dispatched us"]
        summary.judge(ratio > 1, "call time", f"dispatched {numbers['dispatched us']:.2f} us, Triton {numbers['triton call us']:.1f} us, "
                      f"{ratio:.1f} times less")


def check_nvrtc(summary):
    """Kernels that NVRTC compiles there: their winners beside Clang's, and a later process, which compiles nothing."""
    with tempfile.TemporaryDirectory() as cache:
        taken = {}
        for when, environment in (("first", {"TL_LOG": "info"}), ("again", {"TL_TUNE": "require"})):
            code, output = summary.run(program("nvrtc"), TL_CACHE_DIR=cache, TL_PROGRESS="off", **environment)
            taken[when] = {name: [float(it) for it in numbers] for name, *numbers in
                           re.findall(r"^nvrtc (\w+)" + r" (\S+)" * 6 + "$", output, re.M)}
            if code != 0 or len(taken[when]) != 2:
                return summary.line("FAIL", "nvrtc", f"{when}: status {code}: " + output[-600:].replace("\n", "; "))
        tried = dict(rows(cache, "select case when config like '%compiler=nvrtc%' then 'nvrtc' else 'others' end, count(*) "
                                 "from trials where status in (1, 9) group by 1"))
    for name, (first_s, usual, by_clang, by_nvrtc, by_both, errors) in taken["first"].items():
        again_s, *_, wrong = taken["again"][name]
        summary.judge(errors == wrong == 0 and by_nvrtc <= 1.02 * usual and by_both <= 1.02 * min(by_clang, by_nvrtc) and again_s < 1
                      and tried.get("nvrtc", 0) > 100, f"nvrtc: {name}",
                      f"default {usual:.4f} ms; tuned {by_clang:.4f} by Clang, {by_nvrtc:.4f} by NVRTC, {by_both:.4f} over both; first call "
                      f"{first_s:.1f} s, in a later process {again_s:.3f} s" + (f"; {errors + wrong:.0f} wrong elements" if errors + wrong else ""))


def check_on_demand(summary):
    """Variants that are compiled there: the first call of a large space, later runs without a compiler, and how far winners are
    from the best of a part of the space that was compiled with the program."""
    if not os.path.exists(COMPILER_PACKED):
        return summary.line("not run", "on demand", "no compiler was packed (gpu-check build --with-compiler)")
    with tarfile.open(COMPILER_PACKED) as archive:
        archive.extractall(PACK)
    made = compile_on_demand(summary, "Clang")
    if made:
        winners = [check_first_and_later_run(summary, made, "gemm", "gemm by Clang"), search_again(summary, made)]
        check_first_and_later_run(summary, made, "softmax", "softmax by Clang")
        compare_with_subset(summary, [it for it in winners if it])
    made = compile_on_demand(summary, "nvcc")
    if made:
        check_first_and_later_run(summary, made, "gemm", "gemm by nvcc")


def compile_on_demand(summary, by, *extra):
    """The program of utils/bench/gpu/on_demand.cu, whose device code is from this compiler; nothing where that fails."""
    compiler, cuda = program("compiler"), "/usr/local/cuda"
    made = program(f"on_demand_{by}")
    code, output = summary.run(
        *([f"{ROOT}/utils/tl-nvcc"] if by == "nvcc" else []), f"{compiler}/bin/clang++", "-x", "cuda", f"--cuda-path={cuda}",
        "--cuda-gpu-arch=sm_90", "-std=c++20", "-O2", "-w", f"-I{ROOT}", f"-I{ROOT}/include",
        f"-fplugin={compiler}/lib/libtlplugin.so", *extra, "-c", f"{ROOT}/utils/bench/gpu/on_demand.cu", "-o", f"{made}.o")
    if code == 0:
        code, output = summary.run(
            f"{compiler}/bin/clang++", f"{made}.o", "-o", made, f"{compiler}/lib/libtlruntime.a", f"{compiler}/lib/libsqlite3.a",
            f"{cuda}/lib64/libcudart_static.a", "-ldl", "-lrt", "-lm", "-pthread")
    summary.judge(code == 0, f"on demand by {by}", output.replace("\n", "; ")[-300:])
    return made if code == 0 else None


def check_first_and_later_run(summary, made, name, what):
    """The config that wins."""
    compiler = program("compiler")
    with tempfile.TemporaryDirectory() as cache:
        environment = {"TL_CACHE_DIR": cache, "TL_LOG": "info", "TL_PROGRESS": "off"}
        code, output = summary.run(made, name, **environment)
        taken = re.search(r"winner (\S+) .*?; ([0-9.]+) s, [0-9.]+ passes", output)
        result = re.search(rf"^{name}: default.*$", output, re.M)
        became = dict(rows(cache, "select status, count(*) from trials group by status"))
        tried = sum(became.values())
        rejected = re.search(r"rejected: .*", output)
        summary.judge(code == 0 and taken and result and tried > 20, what, f"{tried} configs, session {taken.group(2)} s; {result.group()}"
                      + (f"; {rejected.group()}" if rejected else "") if taken and result
                      else f"status {code}: " + output.replace("\n", "; ")[-600:])
        # Without the compiler and its plugin: the library that was kept.
        os.rename(compiler, f"{compiler}.away")
        code, output = summary.run(made, name, TL_TUNE="require", **environment)
        os.rename(f"{compiler}.away", compiler)
        again = re.search(rf"^{name}: default.*$", output, re.M)
        summary.judge(code == 0 and again and "stored winner" in output, f"{what}, again",
                      again.group() if again else f"status {code}: " + output.replace("\n", "; ")[-600:])
    return taken.group(1) if taken else None


def search_again(summary, made):
    """What wins in a session of its own."""
    with tempfile.TemporaryDirectory() as cache:
        _, output = summary.run(made, "gemm", TL_CACHE_DIR=cache, TL_LOG="info", TL_PROGRESS="off")
    found = re.search(r"winner (\S+) ", output)
    return found.group(1) if found else None


def compare_with_subset(summary, winners):
    """Winners of searches beside the best of a part of the space, all of whose configs are tried: by turns, in one process."""
    best = search_again(summary, program(SUBSET))
    if not best:
        return summary.line("FAIL", "gemm, exhaustive", "the session over the subset has no winner")
    if not winners:
        return summary.line("FAIL", "gemm, exhaustive", "no search has a winner")
    configs = ",".join("gemm_config{" + re.sub(r"(\w+)=", r".\1=", it) + "}" for it in (best, *winners))
    made = compile_on_demand(summary, "Clang", f"-DCOMPARED={configs}")
    code, output = summary.run(made, "gemm", TL_TUNE="off") if made else (1, "")
    taken = [float(it) for it in re.findall(r"^compared ([0-9.]+) ms$", output, re.M)]
    ran = code == 0 and len(taken) == 1 + len(winners)
    summary.judge(ran and max(taken[1:]) <= 1.05 * taken[0], "gemm, exhaustive",
                  f"best of the subset {taken[0]:.4f} ms ({best}); searches on demand "
                  + ", ".join(f"{it:.4f} ms, {it / taken[0]:.3f} times ({winner})" for it, winner in zip(taken[1:], winners))
                  if ran else f"status {code}: " + output.replace("\n", "; ")[-600:])
