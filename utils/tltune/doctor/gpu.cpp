// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/checks.h"
#include "format.h"

#include "runtime/demand/rtc_library.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <unistd.h>

namespace tl::tool {

namespace fs = std::filesystem;

namespace {
/// A library that may not be there.
class library {
public:
  explicit library(std::initializer_list<const char *> names) {
    for (const char *name : names)
      if ((handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL)))
        return;
  }
  ~library() {
    if (handle_)
      dlclose(handle_);
  }
  library(const library &) = delete;
  library &operator=(const library &) = delete;
  explicit operator bool() const { return handle_; }

  /// Calls a function by name; -1 when it is missing.
  template <class... Args> int call(const char *name, Args... args) const {
    const auto function = reinterpret_cast<int (*)(Args...)>(dlsym(handle_, name));
    return function ? function(args...) : -1;
  }

private:
  void *handle_ = nullptr;
};
} // namespace

/// "13.0" from 13000, as cuda.h and the driver count.
static std::string cuda_version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

/// CUDA_VERSION of a toolkit's cuda.h, 0 when there is none.
static int toolkit_version(const fs::path &root) {
  std::ifstream header(root / "include" / "cuda.h");
  const std::string marker = "#define CUDA_VERSION ";
  for (std::string line; std::getline(header, line);)
    if (line.starts_with(marker))
      return std::atoi(line.c_str() + marker.size());
  return 0;
}

static void check_toolkit(findings &found) {
  std::vector<fs::path> places;
  for (const char *variable : {"CUDA_PATH", "CUDA_HOME"})
    if (const char *value = std::getenv(variable); value && *value)
      places.emplace_back(value);
  if (const std::string nvcc = find_program("nvcc"); !nvcc.empty())
    places.push_back(fs::path(nvcc).parent_path().parent_path());
  places.emplace_back("/usr/local/cuda");
  for (const fs::path &place : places)
    if (const int version = toolkit_version(place)) {
      found.push_back({"cuda toolkit", severity::good,
                       cuda_version(version) + " in " + place.string() +
                           (version >= 13000 ? " (needs Clang 22; CUB and Thrust are in -isystem " +
                                                   (place / "include" / "cccl").string() + ")"
                                             : ""),
                       ""});
      return;
    }
  found.push_back({"cuda toolkit", severity::note,
                   "none in CUDA_PATH, CUDA_HOME, PATH or /usr/local/cuda",
                   "needed to compile CUDA factories; not to run programs"});
}

/// For kernels that are compiled where the program runs.
static void check_compiler_library(findings &found, rt::demand::rtc_kind kind,
                                   const std::string &topic) {
  const rt::demand::rtc_library library = rt::demand::find_rtc_library(kind, "");
  if (library.path.empty()) {
    found.push_back({topic, severity::note,
                     std::string("none ") + rt::demand::rtc_library_places(kind),
                     "needed where kernels are compiled by tl::" + topic + "() and not kept yet"});
    return;
  }
  std::string headers;
  if (kind == rt::demand::rtc_kind::nvrtc)
    headers = library.includes.empty() ? " (without the toolkit's headers)"
                                       : ", headers in " + library.includes[0];
  found.push_back({topic, severity::good, library.path + headers, ""});
}

/// The driver's attribute numbers, from cuda.h.
enum {
  attribute_clock_rate = 13,
  attribute_processors = 16,
  attribute_major = 75,
  attribute_minor = 76
};

static void check_device(findings &found, const library &driver, int device) {
  char name[256] = "";
  int processors = 0, major = 0, minor = 0;
  std::size_t memory = 0;
  driver.call("cuDeviceGetName", &name[0], 256, device);
  driver.call("cuDeviceTotalMem_v2", &memory, device);
  driver.call("cuDeviceGetAttribute", &processors, int{attribute_processors}, device);
  driver.call("cuDeviceGetAttribute", &major, int{attribute_major}, device);
  driver.call("cuDeviceGetAttribute", &minor, int{attribute_minor}, device);
  found.push_back({"cuda device " + std::to_string(device), severity::good,
                   std::string(name) + ", sm_" + std::to_string(major) + std::to_string(minor) +
                       ", " + std::to_string(processors) + " SMs, " +
                       format_bytes(static_cast<double>(memory)),
                   ""});
}

/// Clocks, other users and persistence, through the management library.
static void check_management(findings &found, int count) {
  const library nvml({"libnvidia-ml.so.1"});
  if (!nvml || nvml.call("nvmlInit_v2") != 0)
    return;
  for (int i = 0; i < count; ++i) {
    void *device = nullptr;
    if (nvml.call("nvmlDeviceGetHandleByIndex_v2", static_cast<unsigned>(i), &device) != 0)
      continue;
    const std::string topic = "cuda device " + std::to_string(i);
    unsigned now = 0, most = 0, processes = 0, persistence = 1;
    constexpr unsigned sm_clock = 1; // NVML_CLOCK_SM
    nvml.call("nvmlDeviceGetClockInfo", device, sm_clock, &now);
    nvml.call("nvmlDeviceGetMaxClockInfo", device, sm_clock, &most);
    if (most != 0)
      found.push_back(
          {topic, severity::good,
           "SM clock " + std::to_string(now) + " MHz now, " + std::to_string(most) + " MHz at most",
           ""});
    // Asked for with room for none: the answer is how many there are.
    nvml.call("nvmlDeviceGetComputeRunningProcesses_v3", device, &processes,
              static_cast<void *>(nullptr));
    if (processes != 0)
      found.push_back({topic, severity::warning,
                       std::to_string(processes) + " other processes use the device",
                       "tune on an idle device: what they launch falls into samples"});
    if (nvml.call("nvmlDeviceGetPersistenceMode", device, &persistence) == 0 && persistence == 0)
      found.push_back({topic, severity::note, "persistence mode is off",
                       "sudo nvidia-smi -pm 1 spares each program the driver's start-up"});
  }
  nvml.call("nvmlShutdown");
}

void check_cuda(findings &found) {
  check_toolkit(found);
  check_compiler_library(found, rt::demand::rtc_kind::nvrtc, "nvrtc");
  const library driver({"libcuda.so.1"});
  if (!driver) {
    found.push_back({"cuda driver", severity::note, "libcuda.so.1 is not there",
                     "needed to run CUDA programs: install NVIDIA's driver"});
    return;
  }
  if (const int error = driver.call("cuInit", 0u); error != 0) {
    // 100 is CUDA_ERROR_NO_DEVICE, 999 CUDA_ERROR_UNKNOWN, 34 CUDA_ERROR_STUB_LIBRARY.
    found.push_back(
        {"cuda driver", error == 100 || error == 34 ? severity::note : severity::problem,
         error == 100  ? std::string("the driver sees no device")
         : error == 34 ? std::string("libcuda.so.1 is the toolkit's stub")
                       : "cuInit fails with error " + std::to_string(error),
         error == 100
             ? "CUDA programs get the error that a plain program gets; look at CUDA_VISIBLE_DEVICES"
             : "nvidia-smi says more"});
    return;
  }
  int version = 0, count = 0;
  driver.call("cuDriverGetVersion", &version);
  driver.call("cuDeviceGetCount", &count);
  const std::string release = read_line("/sys/module/nvidia/version");
  found.push_back({"cuda driver", severity::good,
                   (release.empty() ? "" : release + ", ") + std::string("supports CUDA ") +
                       cuda_version(version),
                   ""});
  for (int device = 0; device < count; ++device)
    check_device(found, driver, device);
  check_management(found, count);
}

void check_hip(findings &found) {
  const library runtime(
      {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"});
  if (!runtime) {
    found.push_back({"hip", severity::note, "libamdhip64.so is not there",
                     "needed for AMD devices only: install ROCm (Debian: libamdhip64-dev)"});
    return;
  }
  check_compiler_library(found, rt::demand::rtc_kind::hiprtc, "hiprtc");
  if (access("/dev/kfd", F_OK) != 0) {
    found.push_back({"hip", severity::note,
                     "the HIP runtime is there, and no AMD device (/dev/kfd is missing)",
                     "HIP sources can be compiled and not run here"});
    return;
  }
  int count = 0;
  const int error = runtime.call("hipGetDeviceCount", &count);
  if (error == 0 && count > 0)
    found.push_back(
        {"hip", severity::good, std::to_string(count) + (count == 1 ? " device" : " devices"), ""});
  else
    found.push_back({"hip", severity::problem,
                     "hipGetDeviceCount fails with error " + std::to_string(error),
                     "check that your user is in the groups render and video"});
}

} // namespace tl::tool
