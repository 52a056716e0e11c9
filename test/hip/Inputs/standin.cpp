// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A recording stand-in for libamdhip64, for tests on machines without an AMD device: no emulator. Its
// memory is the host's (shared, so that another process can open it), its streams run everything at
// once, our own kernels run as compiled for the host, and those of a program as the program says
// (standin.h). It knows the calls that tests make and no other. That a call has the parameters that
// HIP declares follows from the header.
//
// From the environment: HIP_STANDIN_FAIL=call:n:error makes the n-th such call of each process fail,
// HIP_STANDIN_LOG=file appends the calls of all processes there.

#define __HIP_PLATFORM_AMD__ 1
#include <hip/hip_runtime_api.h>

#include "standin.h"

#include "../../../runtime/backend/gpu/kernels.cu"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

struct block {
  std::size_t bytes;
  int file; ///< -1: opened from another process
  int device;
};
struct stream {
  std::vector<std::function<void()>> *recording = nullptr;
};
struct event {
  std::chrono::steady_clock::time_point at;
};
using graph = std::vector<std::function<void()>>;
struct function {
  std::string name;
  void **image = nullptr;
};
/// A __device__, __constant__ or __managed__ variable: its memory is not that of its host's shadow.
struct variable {
  char *at;
  std::size_t bytes;
  bool managed;
};

struct state {
  std::recursive_mutex guard;
  std::string calls, live_text;
  std::map<std::string, std::map<int, int>> failures; ///< call, n, error
  std::map<std::string, int> made;                    ///< calls of each name since the reset
  std::map<char *, block> memory, opened;
  std::map<char *, std::size_t> pinned;
  std::set<void *> streams, events, modules, functions, graphs, execs;
  std::set<void *> abandoned; ///< of a device that was lost: leaked on purpose
  std::map<const void *, function> symbols;
  std::map<const void *, variable> variables; ///< by what the toolkit knows them by
  std::vector<std::function<void()>> *capture = nullptr; ///< of the default stream
  int device = 0;
  unsigned capture_mode = 0;
  hipError_t last = hipSuccess;
  /// As a driver keeps its device file from the first call on; it is lost without.
  int device_file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
};

state &the() {
  static auto *only = [] {
    auto *made = new state;
    if (const char *asked = std::getenv("HIP_STANDIN_FAIL")) {
      char call[64];
      int n = 0, error = 0;
      if (std::sscanf(asked, "%63[^:]:%d:%d", call, &n, &error) == 3)
        made->failures[call][n] = error;
    }
    return made;
  }();
  return *only;
}

void write_down(const std::string &line) {
  the().calls += line;
  static const char *const log = std::getenv("HIP_STANDIN_LOG");
  if (!log)
    return;
  const int file = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file >= 0 && ::write(file, line.data(), line.size()) < 0)
    std::abort();
  ::close(file);
}

/// Records one call and decides whether it fails; otherwise `body` does it.
template <class Body> hipError_t call(const char *name, const std::string &arguments, Body body) {
  state &all = the();
  const std::lock_guard lock(all.guard);
  const int n = ++all.made[name];
  hipError_t answer;
  const auto failing = all.failures.find(name);
  if (::fcntl(all.device_file, F_GETFD) < 0)
    answer = hipErrorNotInitialized;
  else if (failing != all.failures.end() && failing->second.count(n))
    answer = static_cast<hipError_t>(failing->second[n]);
  else
    answer = body();
  if (answer != hipSuccess && std::strcmp(name, "hipGetLastError") != 0)
    all.last = answer;
  write_down(std::string(name) + "(" + arguments + ") = " + hipGetErrorName(answer) + "\n");
  return answer;
}

template <class... A> std::string text(A... values) {
  std::ostringstream out;
  const char *between = "";
  ((out << between << values, between = ", "), ...);
  return out.str();
}

/// A handle as a test can expect it: whether there is one.
const char *named(const void *handle) { return handle ? "#" : "null"; }

std::pair<char *const, block> *find_block(std::map<char *, block> &among, const void *pointer) {
  auto after = among.upper_bound(static_cast<char *>(const_cast<void *>(pointer)));
  if (after == among.begin())
    return nullptr;
  --after;
  return static_cast<const char *>(pointer) < after->first + after->second.bytes ? &*after
                                                                                  : nullptr;
}

const variable *find_variable(const void *pointer) {
  for (const auto &[shadow, it] : the().variables)
    if (pointer >= it.at && pointer < it.at + it.bytes)
      return &it;
  return nullptr;
}

constexpr const char *arch = "gfx90a:sramecc+:xnack-";

/// The part of Clang's bundle that is for the device.
std::string code_for_device(const char *bundle) {
  const auto number = [&](const char *&at) {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
  };
  const char *at = bundle + 24;
  if (std::memcmp(bundle, "__CLANG_OFFLOAD_BUNDLE__", 24) != 0)
    return {};
  for (auto left = number(at); left > 0; --left) {
    const auto offset = number(at), size = number(at), length = number(at);
    const std::string id(at, length);
    at += length;
    if (id == std::string("hipv4-amdgcn-amd-amdhsa--") + arch ||
        id == std::string("hipv4-amdgcn-amd-amdhsa--") + std::string(arch, std::strcspn(arch, ":")))
      return std::string(bundle + offset, size);
  }
  return {};
}

/// Runs it, or keeps it for the recording that the stream is making.
hipError_t send(hipStream_t to, std::function<void()> what) {
  auto *recording = to ? reinterpret_cast<stream *>(to)->recording : the().capture;
  if (to && !the().streams.count(to))
    return hipErrorInvalidHandle;
  if (recording)
    recording->push_back(std::move(what));
  else
    what();
  return hipSuccess;
}

/// tl_spin on a device whose steady clock ticks every 10 ns and whose cycles are at the nominal clock.
void spin(unsigned long long ns, unsigned long long tick_ps, tl::rt::gpu::clock_result *result) {
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  while (clock::now() - begin < std::chrono::nanoseconds(ns)) {
  }
  const auto passed = static_cast<unsigned long long>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - begin).count());
  result->cycles += passed * 17 / 10;
  result->nanoseconds += passed / 10 * tick_ps / 1000;
}

void run_own(const std::string &name, void **arguments) {
  namespace gpu = tl::rt::gpu;
  const auto at = [&](int i) { return *static_cast<unsigned long long *>(arguments[i]); };
  if (name == "tl_compare")
    tl_compare(*static_cast<gpu::compare_parameters *>(arguments[0]),
               reinterpret_cast<gpu::compare_result *>(at(1)));
  else if (name == "tl_guard")
    tl_guard(at(0), at(1), reinterpret_cast<gpu::guard_result *>(at(2)));
  else if (name == "tl_supply")
    tl_supply(*static_cast<tl::rt::supply_parameters *>(arguments[0]));
  else if (name == "tl_late_check") // hip-conformance has it compiled
    *reinterpret_cast<unsigned *>(at(0)) = 42;
  else if (name == "tl_spin")
    spin(at(0), at(1), reinterpret_cast<gpu::clock_result *>(at(2)));
}

/// What the image that holds a kernel defines for the stand-in.
template <class F> F *of_image(const void *symbol, const char *name) {
  Dl_info image;
  if (!dladdr(symbol, &image))
    return nullptr;
  void *opened = dlopen(image.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  void *found = opened ? dlsym(opened, name) : nullptr;
  // A library of variants that were compiled on demand leaves that to the program.
  return reinterpret_cast<F *>(found ? found : dlsym(RTLD_DEFAULT, name));
}

std::size_t static_shared(const void *symbol) {
  auto *ask = of_image<decltype(hip_standin_static_shared)>(symbol, "hip_standin_static_shared");
  return ask ? ask(the().symbols[symbol].name.c_str()) : 0;
}

constexpr int lds_bytes = 65536;

hipError_t launch_symbol(const char *name, const void *symbol, dim3 grid, dim3 block,
                         void **arguments, std::size_t shared, hipStream_t to) {
  return call(name,
              text(the().symbols[symbol].name, grid.x, grid.y, grid.z, block.x, block.y, block.z,
                   named(arguments), shared, named(to)),
              [&] {
                if (the().symbols[symbol].name.empty())
                  return hipErrorInvalidDeviceFunction;
                if (block.x * block.y * block.z > 1024)
                  return hipErrorInvalidConfiguration;
                if (shared + static_shared(symbol) > lds_bytes)
                  return hipErrorInvalidValue;
                if (the().symbols[symbol].name.starts_with("tl_"))
                  return run_own(the().symbols[symbol].name, arguments), hipSuccess;
                auto *run = of_image<decltype(hip_standin_kernel)>(symbol, "hip_standin_kernel");
                if (!run)
                  return hipErrorInvalidDeviceFunction;
                const unsigned g[3] = {grid.x, grid.y, grid.z}, b[3] = {block.x, block.y, block.z};
                run(the().symbols[symbol].name.c_str(), g, b, shared, arguments);
                return hipSuccess;
              });
}

/// Null where there is no such object.
template <class T> T forget(std::set<void *> &from, T handle, hipError_t &answer) {
  answer = from.erase(handle) ? hipSuccess : hipErrorInvalidHandle;
  return answer == hipSuccess ? handle : nullptr;
}

} // namespace

// ---- what tests see -----------------------------------------------------------------------------

extern "C" const char *hip_standin_calls() { return the().calls.c_str(); }

extern "C" const char *hip_standin_live() {
  state &all = the();
  all.live_text = "memory " + std::to_string(all.memory.size()) + ", opened " +
                  std::to_string(all.opened.size()) + ", streams " +
                  std::to_string(all.streams.size()) + ", events " +
                  std::to_string(all.events.size()) + ", modules " +
                  std::to_string(all.modules.size()) + ", graphs " +
                  std::to_string(all.graphs.size()) + ", recordings " +
                  std::to_string(all.execs.size()) + ", device " + std::to_string(all.device) +
                  ", capture mode " + std::to_string(all.capture_mode);
  return all.live_text.c_str();
}

extern "C" void *hip_standin_variable(const void *shadow) {
  const std::lock_guard lock(the().guard);
  const auto found = the().variables.find(shadow);
  return found == the().variables.end() ? nullptr : found->second.at;
}

extern "C" void hip_standin_reset() {
  state &all = the();
  all.calls.clear();
  all.failures.clear();
  all.made.clear();
  for (auto *it : {&all.streams, &all.events, &all.modules, &all.graphs, &all.execs}) {
    all.abandoned.insert(it->begin(), it->end());
    it->clear();
  }
}

extern "C" void hip_standin_fail(const char *name, int n, int error) {
  the().failures[name][the().made[name] + n] = error;
}

// ---- device -------------------------------------------------------------------------------------

extern "C" {

hipError_t hipInit(unsigned flags) { return call("hipInit", text(flags), [] { return hipSuccess; }); }
hipError_t hipRuntimeGetVersion(int *to) {
  return call("hipRuntimeGetVersion", "", [&] { return *to = 50221153, hipSuccess; });
}
hipError_t hipDriverGetVersion(int *to) { return hipRuntimeGetVersion(to); }
hipError_t hipGetLastError() {
  return call("hipGetLastError", "", [] { return std::exchange(the().last, hipSuccess); });
}
hipError_t hipPeekAtLastError() { return the().last; }
const char *hipGetErrorName(hipError_t error) {
  switch (error) {
  case hipSuccess:
    return "hipSuccess";
  case hipErrorInvalidValue:
    return "hipErrorInvalidValue";
  case hipErrorOutOfMemory:
    return "hipErrorOutOfMemory";
  case hipErrorInvalidConfiguration:
    return "hipErrorInvalidConfiguration";
  case hipErrorInvalidHandle:
    return "hipErrorInvalidHandle";
  case hipErrorIllegalAddress:
    return "hipErrorIllegalAddress";
  case hipErrorNotSupported:
    return "hipErrorNotSupported";
  default:
    return "hipErrorOther";
  }
}
const char *hipGetErrorString(hipError_t) { return "says the stand-in"; }
hipError_t hipGetDeviceCount(int *to) {
  return call("hipGetDeviceCount", "", [&] { return *to = 2, hipSuccess; });
}
hipError_t hipGetDevice(int *to) {
  return call("hipGetDevice", "", [&] { return *to = the().device, hipSuccess; });
}
hipError_t hipSetDevice(int device) {
  return call("hipSetDevice", text(device), [&] {
    if (device < 0 || device > 1)
      return hipErrorInvalidDevice;
    the().device = device;
    return hipSuccess;
  });
}
hipError_t hipDeviceCanAccessPeer(int *to, int device, int other) {
  return call("hipDeviceCanAccessPeer", text(device, other), [&] { return *to = device != other, hipSuccess; });
}
hipError_t hipDeviceGetName(char *to, int size, int device) {
  return call("hipDeviceGetName", text(size, device), [&] {
    return std::snprintf(to, std::size_t(size), "stand-in"), hipSuccess;
  });
}
hipError_t hipDeviceTotalMem(size_t *to, int device) {
  return call("hipDeviceTotalMem", text(device), [&] { return *to = 64ull << 30, hipSuccess; });
}
hipError_t hipDeviceGetPCIBusId(char *to, int size, int device) {
  return call("hipDeviceGetPCIBusId", text(size, device), [&] {
    return std::snprintf(to, std::size_t(size), "0000:c%d:00.0", device + 1), hipSuccess;
  });
}
hipError_t hipDeviceGetUuid(hipUUID *to, hipDevice_t device) {
  return call("hipDeviceGetUuid", text(device), [&] {
    for (int i = 0; i < 16; ++i)
      to->bytes[i] = static_cast<char>(device * 16 + i);
    return hipSuccess;
  });
}
hipError_t hipGetDeviceProperties(hipDeviceProp_t *to, int device) {
  return call("hipGetDeviceProperties", text(device), [&] {
    std::memset(to, 0, sizeof *to);
    std::strcpy(to->gcnArchName, arch);
    return hipSuccess;
  });
}
hipError_t hipDeviceGetAttribute(int *to, hipDeviceAttribute_t which, int device) {
  return call("hipDeviceGetAttribute", text(int(which), device), [&] {
    switch (which) {
    case hipDeviceAttributeClockRate:
      return *to = 1700000, hipSuccess;
    case hipDeviceAttributeL2CacheSize:
      return *to = 8 << 20, hipSuccess;
    case hipDeviceAttributeMaxThreadsPerBlock:
      return *to = 1024, hipSuccess;
    case hipDeviceAttributeMaxThreadsPerMultiProcessor:
      return *to = 2048, hipSuccess;
    case hipDeviceAttributeMultiprocessorCount:
      return *to = 2, hipSuccess;
    case hipDeviceAttributeMaxSharedMemoryPerBlock:
      return *to = lds_bytes, hipSuccess;
    case hipDeviceAttributeWarpSize:
      return *to = 64, hipSuccess;
    case hipDeviceAttributeCooperativeLaunch:
      return *to = 1, hipSuccess;
    default:
      return hipErrorInvalidValue;
    }
  });
}
hipError_t hipDeviceSynchronize() {
  return call("hipDeviceSynchronize", "", [] { return hipSuccess; });
}
hipError_t hipThreadExchangeStreamCaptureMode(hipStreamCaptureMode *mode) {
  return call("hipThreadExchangeStreamCaptureMode", text(int(*mode)), [&] {
    *mode = static_cast<hipStreamCaptureMode>(
        std::exchange(the().capture_mode, static_cast<unsigned>(*mode)));
    return hipSuccess;
  });
}

// ---- memory -------------------------------------------------------------------------------------

hipError_t hipMalloc(void **to, size_t bytes) {
  return call("hipMalloc", text(bytes), [&] {
    if (bytes > (1ull << 40))
      return hipErrorOutOfMemory;
    const int file = ::memfd_create("hip-standin", MFD_CLOEXEC);
    void *at = MAP_FAILED;
    if (file >= 0 && ::ftruncate(file, off_t(bytes ? bytes : 1)) == 0)
      at = ::mmap(nullptr, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED)
      return hipErrorOutOfMemory;
    the().memory[static_cast<char *>(at)] = {bytes, file, the().device};
    *to = at;
    return hipSuccess;
  });
}
hipError_t hipFree(void *pointer) {
  return call("hipFree", named(pointer), [&] {
    const auto found = the().memory.find(static_cast<char *>(pointer));
    if (found == the().memory.end())
      return pointer ? hipErrorInvalidValue : hipSuccess;
    ::munmap(pointer, found->second.bytes ? found->second.bytes : 1);
    ::close(found->second.file);
    the().memory.erase(found);
    return hipSuccess;
  });
}
hipError_t hipHostMalloc(void **to, size_t bytes, unsigned flags) {
  return call("hipHostMalloc", text(bytes, flags), [&] {
    *to = std::malloc(bytes);
    the().pinned[static_cast<char *>(*to)] = bytes;
    return hipSuccess;
  });
}
hipError_t hipHostFree(void *pointer) {
  return call("hipHostFree", named(pointer), [&] {
    the().pinned.erase(static_cast<char *>(pointer));
    std::free(pointer);
    return hipSuccess;
  });
}
hipError_t hipMemcpy(void *to, const void *from, size_t bytes, hipMemcpyKind kind) {
  return call("hipMemcpy", text(bytes, int(kind)),
              [&] { return std::memmove(to, from, bytes), hipSuccess; });
}
hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, hipMemcpyKind kind,
                          hipStream_t on) {
  return call("hipMemcpyAsync", text(bytes, int(kind), named(on)),
              [&] { return send(on, [=] { std::memmove(to, from, bytes); }); });
}
hipError_t hipMemsetAsync(void *to, int value, size_t bytes, hipStream_t on) {
  return call("hipMemsetAsync", text(value, bytes, named(on)),
              [&] { return send(on, [=] { std::memset(to, value, bytes); }); });
}
hipError_t hipMemGetAddressRange(hipDeviceptr_t *base, size_t *bytes, hipDeviceptr_t pointer) {
  return call("hipMemGetAddressRange", named(pointer), [&] {
    if (auto *found = find_block(the().memory, pointer)) {
      *base = found->first;
      *bytes = found->second.bytes;
      return hipSuccess;
    }
    for (const auto &[at, size] : the().pinned)
      if (pointer >= at && pointer < at + size)
        return *base = at, *bytes = size, hipSuccess;
    if (const variable *found = find_variable(pointer))
      return *base = found->at, *bytes = found->bytes, hipSuccess;
    return hipErrorInvalidValue;
  });
}
hipError_t hipPointerGetAttributes(hipPointerAttribute_t *to, const void *pointer) {
  return call("hipPointerGetAttributes", named(pointer), [&] {
    std::memset(to, 0, sizeof *to);
    if (auto *found = find_block(the().memory, pointer)) {
      to->memoryType = hipMemoryTypeDevice;
      to->device = found->second.device;
      return hipSuccess;
    }
    for (const auto &[at, size] : the().pinned)
      if (pointer >= at && pointer < at + size)
        return to->memoryType = hipMemoryTypeHost, hipSuccess;
    if (const variable *found = find_variable(pointer)) {
      to->memoryType = hipMemoryTypeDevice;
      to->isManaged = found->managed;
      to->device = the().device;
      return hipSuccess;
    }
    return hipErrorInvalidValue;
  });
}
hipError_t hipGetSymbolAddress(void **to, const void *symbol) {
  return call("hipGetSymbolAddress", "", [&] {
    const auto found = the().variables.find(symbol);
    if (found == the().variables.end())
      return hipErrorInvalidSymbol;
    return *to = found->second.at, hipSuccess;
  });
}
hipError_t hipGetSymbolSize(size_t *to, const void *symbol) {
  return call("hipGetSymbolSize", "", [&] {
    const auto found = the().variables.find(symbol);
    if (found == the().variables.end())
      return hipErrorInvalidSymbol;
    return *to = found->second.bytes, hipSuccess;
  });
}
hipError_t hipMemcpyToSymbol(const void *symbol, const void *from, size_t bytes, size_t offset,
                             hipMemcpyKind kind) {
  return call("hipMemcpyToSymbol", text(bytes, offset, int(kind)), [&] {
    const auto found = the().variables.find(symbol);
    if (found == the().variables.end() || offset + bytes > found->second.bytes)
      return hipErrorInvalidSymbol;
    return std::memcpy(found->second.at + offset, from, bytes), hipSuccess;
  });
}
hipError_t hipMemcpyFromSymbol(void *to, const void *symbol, size_t bytes, size_t offset,
                               hipMemcpyKind kind) {
  return call("hipMemcpyFromSymbol", text(bytes, offset, int(kind)), [&] {
    const auto found = the().variables.find(symbol);
    if (found == the().variables.end() || offset + bytes > found->second.bytes)
      return hipErrorInvalidSymbol;
    return std::memcpy(to, found->second.at + offset, bytes), hipSuccess;
  });
}
hipError_t hipIpcGetMemHandle(hipIpcMemHandle_t *to, void *pointer) {
  return call("hipIpcGetMemHandle", named(pointer), [&] {
    const auto found = the().memory.find(static_cast<char *>(pointer));
    if (found == the().memory.end())
      return hipErrorInvalidValue;
    std::snprintf(to->reserved, sizeof to->reserved, "%d %d %zu", int(::getpid()),
                  found->second.file, found->second.bytes);
    return hipSuccess;
  });
}
hipError_t hipIpcOpenMemHandle(void **to, hipIpcMemHandle_t handle, unsigned flags) {
  return call("hipIpcOpenMemHandle", text(flags), [&] {
    int process = 0, number = 0;
    std::size_t bytes = 0;
    if (flags != hipIpcMemLazyEnablePeerAccess ||
        std::sscanf(handle.reserved, "%d %d %zu", &process, &number, &bytes) != 3)
      return hipErrorInvalidValue;
    const std::string path = "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number);
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    void *at = file < 0 ? MAP_FAILED
                        : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (at == MAP_FAILED)
      return hipErrorInvalidValue;
    the().opened[static_cast<char *>(at)] = {bytes, -1, the().device};
    *to = at;
    return hipSuccess;
  });
}
hipError_t hipIpcCloseMemHandle(void *pointer) {
  return call("hipIpcCloseMemHandle", named(pointer), [&] {
    const auto found = the().opened.find(static_cast<char *>(pointer));
    if (found == the().opened.end())
      return hipErrorInvalidValue;
    ::munmap(pointer, found->second.bytes);
    the().opened.erase(found);
    return hipSuccess;
  });
}

// ---- streams, events, graphs --------------------------------------------------------------------

hipError_t hipStreamCreateWithFlags(hipStream_t *to, unsigned flags) {
  return call("hipStreamCreateWithFlags", text(flags), [&] {
    auto *made = new stream;
    the().streams.insert(made);
    *to = reinterpret_cast<hipStream_t>(made);
    return hipSuccess;
  });
}
hipError_t hipStreamDestroy(hipStream_t of) {
  return call("hipStreamDestroy", named(of), [&] {
    hipError_t answer;
    delete reinterpret_cast<stream *>(forget(the().streams, of, answer));
    return answer;
  });
}
hipError_t hipStreamSynchronize(hipStream_t of) {
  return call("hipStreamSynchronize", named(of),
              [&] { return of && !the().streams.count(of) ? hipErrorInvalidHandle : hipSuccess; });
}
hipError_t hipStreamIsCapturing(hipStream_t of, hipStreamCaptureStatus *to) {
  return call("hipStreamIsCapturing", named(of), [&] {
    const bool active = of && reinterpret_cast<stream *>(of)->recording;
    return *to = active ? hipStreamCaptureStatusActive : hipStreamCaptureStatusNone, hipSuccess;
  });
}
hipError_t hipStreamBeginCapture(hipStream_t on, hipStreamCaptureMode mode) {
  return call("hipStreamBeginCapture", text(named(on), int(mode)), [&] {
    auto *made = new graph;
    (on ? reinterpret_cast<stream *>(on)->recording : the().capture) = made;
    return hipSuccess;
  });
}
hipError_t hipStreamEndCapture(hipStream_t on, hipGraph_t *to) {
  return call("hipStreamEndCapture", named(on), [&] {
    auto *&recording = on ? reinterpret_cast<stream *>(on)->recording : the().capture;
    if (!recording)
      return hipErrorIllegalState;
    the().graphs.insert(recording);
    *to = reinterpret_cast<hipGraph_t>(std::exchange(recording, nullptr));
    return hipSuccess;
  });
}
hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *to, hipGraph_t from, unsigned long long) {
  return call("hipGraphInstantiateWithFlags", named(from), [&] {
    auto *made = new graph(*reinterpret_cast<graph *>(from));
    the().execs.insert(made);
    *to = reinterpret_cast<hipGraphExec_t>(made);
    return hipSuccess;
  });
}
hipError_t hipGraphLaunch(hipGraphExec_t what, hipStream_t on) {
  return call("hipGraphLaunch", text(named(what), named(on)), [&] {
    if (!the().execs.count(what))
      return hipErrorInvalidHandle;
    for (auto &it : *reinterpret_cast<graph *>(what))
      it();
    return hipSuccess;
  });
}
hipError_t hipGraphDestroy(hipGraph_t of) {
  return call("hipGraphDestroy", named(of), [&] {
    hipError_t answer;
    delete reinterpret_cast<graph *>(forget(the().graphs, of, answer));
    return answer;
  });
}
hipError_t hipGraphExecDestroy(hipGraphExec_t of) {
  return call("hipGraphExecDestroy", named(of), [&] {
    hipError_t answer;
    delete reinterpret_cast<graph *>(forget(the().execs, of, answer));
    return answer;
  });
}
hipError_t hipEventCreateWithFlags(hipEvent_t *to, unsigned flags) {
  return call("hipEventCreateWithFlags", text(flags), [&] {
    auto *made = new event;
    the().events.insert(made);
    *to = reinterpret_cast<hipEvent_t>(made);
    return hipSuccess;
  });
}
hipError_t hipEventDestroy(hipEvent_t of) {
  return call("hipEventDestroy", named(of), [&] {
    hipError_t answer;
    delete reinterpret_cast<event *>(forget(the().events, of, answer));
    return answer;
  });
}
hipError_t hipEventRecord(hipEvent_t what, hipStream_t on) {
  return call("hipEventRecord", text(named(what), named(on)), [&] {
    if (!the().events.count(what))
      return hipErrorInvalidHandle;
    auto *of = reinterpret_cast<event *>(what);
    return send(on, [of] { of->at = std::chrono::steady_clock::now(); });
  });
}
hipError_t hipEventElapsedTime(float *to, hipEvent_t from, hipEvent_t until) {
  return call("hipEventElapsedTime", text(named(from), named(until)), [&] {
    *to = std::chrono::duration<float, std::milli>(reinterpret_cast<event *>(until)->at -
                                                   reinterpret_cast<event *>(from)->at)
              .count();
    return hipSuccess;
  });
}

// ---- kernels ------------------------------------------------------------------------------------

hipError_t hipModuleLoadData(hipModule_t *to, const void *image) {
  return call("hipModuleLoadData", "", [&] {
    // What HIP 5 reads: Clang's bundle, not compressed.
    if (std::memcmp(image, "__CLANG_OFFLOAD_BUNDLE__", 24) != 0)
      return hipErrorInvalidImage;
    auto *made = new int;
    the().modules.insert(made);
    *to = reinterpret_cast<hipModule_t>(made);
    return hipSuccess;
  });
}
hipError_t hipModuleUnload(hipModule_t of) {
  return call("hipModuleUnload", named(of), [&] {
    hipError_t answer;
    delete reinterpret_cast<int *>(forget(the().modules, of, answer));
    return answer;
  });
}
hipError_t hipModuleGetFunction(hipFunction_t *to, hipModule_t from, const char *name) {
  return call("hipModuleGetFunction", text(named(from), name), [&] {
    if (!std::strcmp(name, "tl_no_such_kernel"))
      return hipErrorNotFound;
    *to = reinterpret_cast<hipFunction_t>(new function{name});
    the().functions.insert(*to);
    return hipSuccess;
  });
}
hipError_t hipModuleLaunchKernel(hipFunction_t of, unsigned gx, unsigned gy, unsigned gz,
                                 unsigned bx, unsigned by, unsigned bz, unsigned shared,
                                 hipStream_t on, void **arguments, void **extra) {
  const std::string name = reinterpret_cast<function *>(of)->name;
  return call("hipModuleLaunchKernel",
              text(name, gx, gy, gz, bx, by, bz, shared, named(on), named(arguments), named(extra)),
              [&] { return send(on, [&] { run_own(name, arguments); }); });
}
hipError_t hipFuncGetAttribute(int *to, hipFunction_attribute which, hipFunction_t of) {
  return call("hipFuncGetAttribute", text(int(which), named(of)), [&] {
    if (!the().functions.count(of))
      return hipErrorInvalidHandle;
    return *to = which == HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024 : 16, hipSuccess;
  });
}
hipError_t hipFuncGetAttributes(hipFuncAttributes *to, const void *symbol) {
  return call("hipFuncGetAttributes", the().symbols[symbol].name, [&] {
    if (the().symbols[symbol].name.empty())
      return hipErrorInvalidDeviceFunction;
    std::memset(to, 0, sizeof *to);
    to->numRegs = 24;
    to->localSizeBytes = 8;
    to->maxThreadsPerBlock = 1024;
    to->sharedSizeBytes = static_shared(symbol);
    return hipSuccess;
  });
}
hipError_t hipFuncSetAttribute(const void *symbol, hipFuncAttribute which, int value) {
  return call("hipFuncSetAttribute", text(the().symbols[symbol].name, int(which), value),
              [&] { return value > lds_bytes ? hipErrorInvalidValue : hipSuccess; });
}
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int *to, const void *symbol, int threads,
                                                        size_t shared) {
  return call("hipOccupancyMaxActiveBlocksPerMultiprocessor",
              text(the().symbols[symbol].name, threads, shared), [&] {
                const std::size_t lds = shared + static_shared(symbol);
                *to = std::min(2048 / std::max(threads, 1), lds ? int(lds_bytes / lds) : 64);
                return hipSuccess;
              });
}
hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int *to, hipFunction_t, int threads,
                                                              size_t shared) {
  return call("hipModuleOccupancyMaxActiveBlocksPerMultiprocessor", text(threads, shared),
              [&] { return *to = 2048 / std::max(threads, 1), hipSuccess; });
}
const char *hipKernelNameRefByPtr(const void *symbol, hipStream_t) {
  return the().symbols[symbol].name.c_str();
}
const char *hipKernelNameRef(const hipFunction_t of) {
  return reinterpret_cast<const function *>(of)->name.c_str();
}
hipError_t hipLaunchKernel(const void *symbol, dim3 grid, dim3 block, void **arguments,
                           size_t shared, hipStream_t on) {
  return launch_symbol("hipLaunchKernel", symbol, grid, block, arguments, shared, on);
}
hipError_t hipLaunchCooperativeKernel(const void *symbol, dim3 grid, dim3 block, void **arguments,
                                      unsigned shared, hipStream_t on) {
  return launch_symbol("hipLaunchCooperativeKernel", symbol, grid, block, arguments, shared, on);
}

/// Of newer versions: with the declaration that their header has.
struct hipLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  hipStream_t stream;
  void *attrs;
  unsigned numAttrs;
};
hipError_t hipLaunchKernelExC(const hipLaunchConfig_t *config, const void *symbol,
                              void **arguments) {
  return launch_symbol("hipLaunchKernelExC", symbol, config->gridDim, config->blockDim, arguments,
                       config->dynamicSmemBytes, config->stream);
}

// ---- what the compiler generates calls of ----------------------------------------------------------

struct pushed {
  dim3 grid, block;
  size_t shared;
  hipStream_t on;
};
static thread_local std::vector<pushed> configurations;

hipError_t __hipPushCallConfiguration(dim3 grid, dim3 block, size_t shared, hipStream_t on) {
  configurations.push_back({grid, block, shared, on});
  return hipSuccess;
}
hipError_t __hipPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared, hipStream_t *on) {
  *grid = configurations.back().grid;
  *block = configurations.back().block;
  *shared = configurations.back().shared;
  *on = configurations.back().on;
  configurations.pop_back();
  return hipSuccess;
}
void **__hipRegisterFatBinary(const void *wrapper) {
  struct wrapped {
    unsigned magic, version;
    const char *image;
  };
  const auto *const it = static_cast<const wrapped *>(wrapper);
  if (it->magic != 0x48495046 || it->version != 1)
    std::abort();
  return new void *(const_cast<char *>(it->image));
}
void __hipUnregisterFatBinary(void **image) {
  std::erase_if(the().symbols, [&](const auto &known) { return known.second.image == image; });
  delete image;
}
void __hipRegisterFunction(void **image, const void *symbol, char *, const char *name, unsigned,
                           void *, void *, void *, void *, int *) {
  // What is not in the device's code is no kernel.
  const std::string code = code_for_device(static_cast<const char *>(*image));
  if (code.find('\0' + std::string(name) + std::string(".kd\0", 4)) != std::string::npos)
    the().symbols[symbol] = {name, image};
}
void __hipRegisterVar(void **, void *shadow, char *, char *, int, size_t bytes, int, int) {
  // What a device's copy begins with stands in its code, which is not looked at here: zeros.
  the().variables[shadow] = {static_cast<char *>(std::calloc(bytes ? bytes : 1, 1)), bytes, false};
}
void __hipRegisterManagedVar(void *, void **pointer, void *first, const char *, size_t bytes,
                             unsigned) {
  auto *made = static_cast<char *>(std::malloc(bytes));
  std::memcpy(made, first, bytes);
  *pointer = made;
  the().variables[pointer] = {made, bytes, true};
}
}
