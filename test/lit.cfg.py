# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The lit suite. Substitutions:
#
#   %clangxx    the Clang under test, C++20, with the public headers on its path
#   %clang_path its path alone
#   %other_clangxx   the other Clang that has a plugin
#   %plugin     loads the plugin into it
#   %runtime    links the shared runtime, run path included
#   %runtime_static   links the static runtime
#   %gxx        GCC, C++20, with the public headers on its path
#   %filecheck  FileCheck that also refuses any error or warning in its input
#   %cuda       compiles as CUDA;  %cudalibs  links its runtime;  %cudalink  links device code first
#   %libomp     compiles with LLVM's OpenMP runtime and links it
#   %libjemalloc, %libtcmalloc_minimal, %libtbbmalloc_proxy, %libmimalloc   other allocators
#   %hip        compiles as HIP;   %hiplibs   links its runtime
#   %hipflags   prints the flags for the GPUs that are named: $(%hipflags gfx90a gfx1030)
#   %drop_failed   utils/tl-drop-failed;  %tl_nvcc   utils/tl-nvcc
#   %winners, %trials, %count, %sql   look into the test's own database, see test/utils
#
# Features: clang-<major>, root (the tests run as root), sanitizer, sanitize-<kind>, cuda (the toolkit compiles), nvidia-gpu, hip, amd-gpu,
# allocators (those of utils/setup are there), hugetlb (the system has huge pages to give away), real-time
# (programs may have such a class), valgrind,
# other-clang (it is installed), libgomp (GCC's OpenMP), libomp (LLVM's), examples (the build has
# those of docs/examples), blas (that of a BLAS among them), hip-conformance (the build has it).

import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(config.tl_source_dir, "test", "utils"))
import probe
from cache_dir_format import CacheDirFormat

config.name = "TLAutotune"
config.test_format = CacheDirFormat(second_chance="second_chance" in lit_config.params)
config.test_source_root = os.path.join(config.tl_source_dir, "test")
config.suffixes = [".cpp", ".c", ".cu", ".hip", ".test"]
config.excludes = ["unit", "consumer", "Inputs", "utils"]

# No test may wait for ever: a hang is what half of them are about.
if lit_config.maxIndividualTestTimeIsSupported[0]:
    lit_config.maxIndividualTestTime = 300
else:
    lit_config.warning("python3-psutil is missing: tests run without a time limit")

# A clean environment: nothing of TL_* from outside, and no database but the test's own (see
# CacheDirFormat).
for name in list(config.environment):
    if name.startswith("TL_"):
        del config.environment[name]
config.environment["PATH"] = os.pathsep.join([config.tl_llvm_bin, os.environ["PATH"]])
config.environment["LC_ALL"] = "C"
for name in ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

include = os.path.join(config.tl_source_dir, "include")
libdir = os.path.join(config.tl_binary_dir, "lib")
sanitize = f" -fsanitize={config.tl_sanitize}" if config.tl_sanitize else ""
clangxx = f"{config.tl_clangxx} -std=c++20 -I{include}"

cuda_flags = (
    f"-x cuda --cuda-path={config.tl_cuda_path} --cuda-gpu-arch=sm_90 -Wno-unknown-cuda-version"
)
cuda_libs = f"-L{config.tl_cuda_path}/lib64 -lcudart_static -ldl -lrt -pthread"
hip_flags, hip_libs = probe.hip_flags(config)

config.available_features.add(f"clang-{config.tl_llvm_major}")
if os.geteuid() == 0:
    config.available_features.add("root")
    # Root's own folder (a container's usual place) is closed to whom a test becomes.
    if probe.others_reach(config.tl_binary_dir):
        config.available_features.add("reachable-by-others")
if config.tl_sanitize:
    config.available_features.add("sanitizer")
    for kind in config.tl_sanitize.split(","):
        config.available_features.add(f"sanitize-{kind}")
if probe.compiles(config, f"{clangxx} {cuda_flags}", probe.CUDA_SOURCE, ".cu"):
    config.available_features.add("cuda")
if hip_flags and probe.compiles(config, f"{clangxx} {hip_flags}", probe.HIP_SOURCE, ".hip"):
    config.available_features.add("hip")
OPENMP_SOURCE = "#include <omp.h>\nint main() { return omp_get_max_threads() == 0; }\n"
if probe.compiles(config, f"{config.tl_gxx} -fopenmp", OPENMP_SOURCE, ".cpp"):
    config.available_features.add("libgomp")
# The runtime library is of its own package and need not be of the compiler's version.
libomp = sorted(glob.glob("/usr/lib/llvm-*/lib/libomp.so"))
libomp_flags = ""
if libomp:
    config.available_features.add("libomp")
    folder = os.path.dirname(libomp[-1])
    libomp_flags = f"-fopenmp -L{folder} -Wl,-rpath,{folder}"
allocators = {
    name: sorted(glob.glob(f"/usr/lib/*/lib{name}.so.*"), key=len)[:1]
    for name in ("jemalloc", "tcmalloc_minimal", "tbbmalloc_proxy", "mimalloc")
}
if all(allocators.values()):
    config.available_features.add("allocators")
if probe.has_real_time():
    config.available_features.add("real-time")
if shutil.which("valgrind"):
    config.available_features.add("valgrind")
if probe.has_huge_pages():
    config.available_features.add("hugetlb")
# Built tuned only where the Clang under test builds the project; utils/check's second Clang does not.
if os.path.exists(os.path.join(config.tl_binary_dir, "examples", "sgemm")):
    config.available_features.add("examples")
if os.path.exists(os.path.join(config.tl_binary_dir, "examples", "blas")):
    config.available_features.add("blas")
if os.path.exists(os.path.join(config.tl_binary_dir, "bin", "hip-conformance")):
    config.available_features.add("hip-conformance")
if os.path.exists("/dev/nvidiactl"):
    config.available_features.add("nvidia-gpu")
if os.path.exists("/dev/kfd"):
    config.available_features.add("amd-gpu")

# The other Clang that there is a plugin for, where it is installed too.
other_clangxx = f"/usr/lib/llvm-{19 if config.tl_llvm_major == 22 else 22}/bin/clang++"
if os.path.exists(other_clangxx):
    config.available_features.add("other-clang")

filecheck = os.path.join(config.tl_llvm_bin, "FileCheck")
python = sys.executable
database = os.path.join(config.test_source_root, "utils", "database.py")

for pattern, replacement in [
    (r"%clangxx\b", clangxx),
    (r"%other_clangxx\b", other_clangxx),
    (r"%plugin\b", f"-fplugin={config.tl_plugin}"),
    (r"%runtime_static\b", probe.static_runtime(libdir) + sanitize),
    (r"%runtime\b", f"-L{libdir} -ltlruntime -Wl,-rpath,{libdir}" + sanitize),
    (r"%gxx\b", f"{config.tl_gxx} -std=c++20 -I{include}"),
    (r"%filecheck\b", f"{filecheck} --implicit-check-not error: --implicit-check-not warning:"),
    (r"%cudalibs\b", cuda_libs),
    (r"%cudalink\b", f"--cuda-path={config.tl_cuda_path} --offload-link"),
    (r"%cuda\b", cuda_flags),
    (r"%libomp\b", libomp_flags),
    (r"%hiplibs\b", hip_libs),
    (r"%hipflags\b", f"{config.tl_source_dir}/utils/hip-flags --clang {config.tl_llvm_major}"),
    (r"%hip\b", hip_flags),
    (r"%winners\b", f"{python} {database} winners"),
    (r"%trials\b", f"{python} {database} trials"),
    (r"%sql\b", f"{python} {database} sql"),
    (r"%count\b", f"{python} {database} count"),
    (r"%drop_failed\b", f"{python} {config.tl_source_dir}/utils/tl-drop-failed"),
    (r"%tl_nvcc\b", f"{python} {config.tl_source_dir}/utils/tl-nvcc"),
    (r"%clang_path\b", config.tl_clangxx),
    (r"%python\b", python),
    (r"%cuda_path\b", config.tl_cuda_path),
    (r"%source_dir\b", config.tl_source_dir),
    (r"%binary_dir\b", config.tl_binary_dir),
    (r"%libdir\b", libdir),
]:
    config.substitutions.append((pattern, replacement))
for name, found in allocators.items():
    config.substitutions.append((rf"%lib{name}\b", found[0] if found else f"lib{name}.so-is-not-installed"))
