# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles and packs the programs; needs the CUDA toolkit, and no device."""

import concurrent.futures
import glob
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile

from .programs import ARCHITECTURES, BINDINGS, COMPILER_PACKED, DROP_FAILED, EXTRA, LIBRARIES, LINKED, PACK, PROGRAMS, PROGRAMS_PACKED, ROOT, SHARED, SUBSET, SUBSET_SHARDS


def call(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def system_library(name):
    found = glob.glob(f"/usr/lib/*/{name}") + glob.glob(f"/usr/lib/{name}")
    if not found:
        sys.exit(f"gpu-check: there is no {name}")
    return found[0]


def objects_of(name, options):
    """Pairs of a source and the object that it becomes."""
    sources = PROGRAMS[name][0]
    if isinstance(sources, str):
        return [(sources, f"{options.objects}/{name}.o")]
    return [(source, f"{options.objects}/{name}.{i}.o") for i, source in enumerate(sources)]


def compile_command(name, optimize, options):
    """Without the plugin."""
    return [
        options.clang, "-x", "cuda", f"--cuda-path={options.cuda}", f"--cuda-gpu-arch={ARCHITECTURES.get(name, options.arch)}",
        "-Wno-unknown-cuda-version", "-Wno-unknown-attributes", "-std=c++20", optimize, f"-I{ROOT}", f"-I{ROOT}/include",
        f"-I{options.cuda}/include/cccl", *EXTRA.get(name, []),
    ]


def plugin_option(options):
    return f"-fplugin={os.path.abspath(options.build)}/lib/libtlplugin.so"


def compile_program(name, options):
    _, optimize, tuned = PROGRAMS[name]
    command = compile_command(name, optimize, options)
    if name == "compilers_nvcc":
        # No factory, and kernels that nobody else asks for: nvcc alone.
        command = [f"{options.cuda}/bin/nvcc", f"-arch={options.arch}", "-std=c++20", optimize, f"-I{ROOT}", "-w"]
        tuned = False
    elif name.endswith("_nvcc"):
        command.insert(0, f"{ROOT}/utils/tl-nvcc")
    if name in DROP_FAILED:
        command.insert(0, f"{ROOT}/utils/tl-drop-failed")
    if tuned:
        command.insert(command.index(options.clang) + 1, plugin_option(options))
    for source, made in objects_of(name, options):
        if options.keep and os.path.exists(made):
            continue
        with open(f"{made}.said", "w+") as said:
            try:
                call(*command, "-c", os.path.join(ROOT, source), "-o", made, stderr=said)
            finally:
                said.seek(0)
                sys.stderr.write("" if name == "legality" else said.read())


def compile_subset(shard, options):
    """One part of SUBSET; its object."""
    made = f"{options.objects}/{SUBSET}.{shard}.o"
    if not (options.keep and os.path.exists(made)):
        call(*compile_command(SUBSET, "-O2", options), plugin_option(options), f"-fplugin-arg-tl-shard={shard}/{SUBSET_SHARDS}",
             "-DSUBSET", "-w", "-c", f"{ROOT}/utils/bench/gpu/on_demand.cu", "-o", made)
    return made


def link(name, made, options):
    # Debian's static SQLite is not made for shared objects; bound to itself it does.
    shared = ["-shared", "-Wl,-Bsymbolic"] if name in SHARED else []
    # Other languages look for functions that nothing in the library itself calls.
    runtime = f"{options.build}/lib/libtlruntime.a"
    whole = ["-Wl,--whole-archive", runtime, "-Wl,--no-whole-archive"] if shared else [runtime]
    libraries = [system_library(library) for library in LIBRARIES if not shared or "gtest" not in library]
    device = [f"--cuda-path={options.cuda}", "--offload-link", "-fgpu-rdc"] if "-fgpu-rdc" in EXTRA.get(name, []) else []
    own = [*LINKED.get(name, []), f"-L{options.cuda}/lib64", f"-Wl,-rpath,{options.cuda}/lib64"] if name in LINKED else []
    call(options.clang, *device, *shared, "-Wl,--strip-debug", *made, *own,
         "-o", f"{options.objects}/{name}", *whole, *libraries, f"{options.cuda}/lib64/libcudart_static.a", "-ldl", "-lrt", "-lm", "-pthread")


def build_bindings(options):
    """Those of docs/examples/torch that the Python of --python has the headers for; their names."""
    made = []
    for name, target, module in zip(BINDINGS, ("stable_abi", "tvm_ffi"), ("torch", "tvm_ffi")):
        found = [options.python, "-c", f"import importlib.util as u; raise SystemExit(u.find_spec('{module}') is None)"]
        if options.python and subprocess.run(found).returncode == 0:
            # The tuned library is there already: only its binding is made.
            call("make", "-s", "-f", f"{ROOT}/docs/examples/torch/Makefile", "-o", f"{options.objects}/libswiglu.so", target,
                 f"OUT={options.objects}", f"PYTHON={options.python}", f"CUDA={options.cuda}")
            made.append(name)
    return made


def said_of(name, options):
    """What the compiler said of a program."""
    said = ""
    for _, made in objects_of(name, options):
        with open(f"{made}.said") as file:
            said += file.read()
    return said


def left_out(options):
    """How many variants can never run, by program."""
    return {name: sum(map(int, re.findall(r"warning: (\d+) of \d+ variants of .* are left out, such", said_of(name, options))))
            for name in PROGRAMS}


def legality_verdicts(options):
    """Why each config of test/cuda/legality.cu can never run, None where it may, by its number."""
    said = said_of("legality", options)
    verdicts = {int(index): None for index in re.findall(r"remark: variant of 'run' for config 'index=(\d+)", said)}
    for index, why in re.findall(r"remark: config 'index=(\d+)\S*' of 'run' can never run: (.*?)(?: \[|\n)", said):
        verdicts[int(index)] = why
    return verdicts


def pack_compiler(options):
    """Clang, what it needs that is not on every machine, the plugin and the runtime."""
    clang = os.path.realpath(call("sh", "-c", f"command -v {options.clang}", capture_output=True, text=True).stdout.strip())
    resources = call(clang, "-print-resource-dir", capture_output=True, text=True).stdout.strip()
    needed = call("ldd", clang, capture_output=True, text=True).stdout
    libraries = [os.path.realpath(path) for path in re.findall(r"=> (/\S*/lib(?:LLVM|clang-cpp|z3)\.so\S*)", needed)]
    major = os.path.basename(resources)
    with lzma.open(COMPILER_PACKED, "wb", preset=6) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(clang, "compiler/bin/clang++")
        archive.add(os.path.realpath(f"{os.path.dirname(clang)}/llvm-cxxfilt"), "compiler/bin/llvm-cxxfilt")
        for path, name in zip(libraries, re.findall(r"(lib(?:LLVM|clang-cpp|z3)\.so\S*) =>", needed)):
            archive.add(path, f"compiler/lib/{name}")
        archive.add(f"{resources}/include", f"compiler/lib/clang/{major}/include")
        archive.add(f"{options.build}/lib/libtlplugin.so", "compiler/lib/libtlplugin.so")
        archive.add(f"{options.build}/lib/libtlruntime.a", "compiler/lib/libtlruntime.a")
        archive.add(system_library("libsqlite3.a"), "compiler/lib/libsqlite3.a")


def build(options):
    options.objects = f"{options.build}/gpu"
    os.makedirs(options.objects, exist_ok=True)
    os.makedirs(PACK, exist_ok=True)
    if not options.keep:
        call("cmake", "--build", options.build, "--target", "tlplugin", "tlruntime_static", "tltune")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.with_compiler:
            link(SUBSET, list(pool.map(lambda shard: compile_subset(shard, options), range(SUBSET_SHARDS))), options)
            names = [SUBSET]
            pack_compiler(options)
        else:
            list(pool.map(lambda name: compile_program(name, options), PROGRAMS))
            for name in PROGRAMS:
                link(name, [made for _, made in objects_of(name, options)], options)
            names = [*PROGRAMS, *build_bindings(options)]
            if os.path.exists(COMPILER_PACKED):  # of another build, and too much beside all programs
                os.remove(COMPILER_PACKED)
    # Each holds the whole runtime: with a dictionary that reaches back over several of them they shrink to a fraction.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 1 << 26}]
    with lzma.open(PROGRAMS_PACKED, "wb", filters=filters) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name in names:
            archive.add(f"{options.objects}/{name}", name)
        archive.add(f"{options.build}/bin/tltune", "tltune")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    with open(f"{PACK}/manifest.json", "w") as file:
        found = {} if options.with_compiler else {"legality": legality_verdicts(options), "left_out": left_out(options)}
        json.dump({"commit": commit, "arch": options.arch, **found}, file)
