// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/driver.h"

#include "runtime/backend/cuda/entry_points.h"
#include "runtime/backend/cuda/kernel_times.h"
#include "runtime/backend/cuda/nvml.h"
#include "runtime/support/embedded.h"
#include "runtime/support/made_once.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt::cuda {
namespace {

class cuda_driver final : public gpu::driver {
public:
  explicit cuda_driver(const entry_points &api) : api_(api) {}

  std::vector<std::pair<std::string, std::string>> identity(int ordinal) const override;
  std::string unit(int ordinal) const override;
  gpu::device_limits limits(int ordinal) const override;
  int device_count() const override;
  bool reaches(int ordinal, int other) const override;
  int busy_percent(int ordinal) const override;
  gpu::load_counters counters(int ordinal) const override;
  status enter(int ordinal, gpu::thread_state &before) const override;
  void leave(int ordinal, const gpu::thread_state &before) const override;

  gpu::memory_info inspect(int ordinal, const void *pointer) const override;
  status allocate(std::uint64_t bytes, gpu::address &to) const override;
  void release(gpu::address of) const override { api_.cuMemFree_v2(of); }
  status export_memory(gpu::address base, gpu::ipc_handle &to) const override;
  status import_memory(const gpu::ipc_handle &from, gpu::address &base) const override;
  void close_memory(gpu::address base) const override { api_.cuIpcCloseMemHandle(base); }
  status copy(gpu::address to, gpu::address from, std::uint64_t bytes,
              void *stream) const override {
    return TL_CUDA_CALL(api_, cuMemcpyAsync(to, from, bytes, as<stream_t>(stream)));
  }
  status fill(gpu::address to, unsigned char byte, std::uint64_t bytes,
              void *stream) const override {
    return TL_CUDA_CALL(api_, cuMemsetD8Async(to, byte, bytes, as<stream_t>(stream)));
  }

  status create_stream(void *&to) const override;
  void destroy_stream(void *stream) const override {
    api_.cuStreamDestroy_v2(as<stream_t>(stream));
  }
  void *default_stream() const override { return legacy_stream; }
  status synchronize(void *stream) const override {
    return TL_CUDA_CALL(api_, cuStreamSynchronize(as<stream_t>(stream)));
  }
  status synchronize_all() const override { return TL_CUDA_CALL(api_, cuCtxSynchronize()); }

  status create_event(void *&to) const override;
  void destroy_event(void *event) const override { api_.cuEventDestroy_v2(as<event_t>(event)); }
  status record(void *event, void *stream) const override {
    return TL_CUDA_CALL(api_, cuEventRecord(as<event_t>(event), as<stream_t>(stream)));
  }
  status elapsed(void *from, void *to, float &milliseconds) const override {
    return TL_CUDA_CALL(api_,
                        cuEventElapsedTime(&milliseconds, as<event_t>(from), as<event_t>(to)));
  }

  status begin_capture(void *stream) const override {
    return TL_CUDA_CALL(api_, cuStreamBeginCapture_v2(as<stream_t>(stream), capture_relaxed));
  }
  status end_capture(void *stream, void *&recording) const override;
  status launch_recording(void *recording, void *stream) const override {
    return TL_CUDA_CALL(api_, cuGraphLaunch(as<graph_exec_t>(recording), as<stream_t>(stream)));
  }
  void destroy_recording(void *recording) const override {
    api_.cuGraphExecDestroy(as<graph_exec_t>(recording));
  }

  std::span<const unsigned char> kernels() const override {
    return {embedded_kernels, embedded_kernels_size};
  }
  status load_module(const void *image, void *&to) const override;
  void unload_module(void *module) const override { api_.cuModuleUnload(as<module_t>(module)); }
  status find_function(void *module, const char *name, void *&to) const override;
  status launch(void *function, unsigned blocks, unsigned threads, void *stream,
                void **arguments) const override {
    return TL_CUDA_CALL(api_, cuLaunchKernel(as<function_t>(function), blocks, 1, 1, threads, 1, 1,
                                             0, as<stream_t>(stream), arguments, nullptr));
  }

  status begin_kernel_times() const override { return cuda::begin_kernel_times(); }
  status end_kernel_times(double &nanoseconds) const override {
    return cuda::end_kernel_times(nanoseconds);
  }
  bool look_at(const gpu::kernel_handle &kernel, unsigned threads, unsigned dynamic_shared,
               gpu::kernel_facts &to) const override;
  int refusal() const override { return error_invalid_value; }

private:
  template <class T> static T *as(void *object) { return static_cast<T *>(object); }
  int number(device_id device, device_attribute which) const {
    int value = 0;
    return api_.cuDeviceGetAttribute(&value, which, device) == success ? value : 0;
  }
  unsigned count(device_id device, device_attribute which) const {
    return static_cast<unsigned>(std::max(number(device, which), 0));
  }
  function_t *as_function(void *handle) const;

  entry_points api_;
};

} // namespace

std::vector<std::pair<std::string, std::string>> cuda_driver::identity(int ordinal) const {
  char name[128] = {}, bus[32] = {};
  std::size_t memory = 0;
  int driver_version = 0;
  api_.cuDeviceGetName(name, sizeof name - 1, ordinal);
  api_.cuDeviceTotalMem_v2(&memory, ordinal);
  api_.cuDriverGetVersion(&driver_version);
  api_.cuDeviceGetPCIBusId(bus, sizeof bus - 1, ordinal);
  const managed_properties managed = read_managed_properties(bus);
  return {
      {"backend", "cuda"},
      {"model", name},
      {"cc",
       fmt::format("{}.{}", number(ordinal, attribute_major), number(ordinal, attribute_minor))},
      {"multiprocessors", fmt::format("{}", number(ordinal, attribute_multiprocessors))},
      // Rounded: what the driver keeps for itself changes between its versions.
      {"memory_gib", fmt::format("{}", (memory + (1u << 29)) >> 30)},
      {"power_w",
       managed.power_limit_mw ? fmt::format("{}", managed.power_limit_mw / 1000) : "unknown"},
      {"driver", managed.driver.empty() ? "unknown" : managed.driver},
      {"cuda", fmt::format("{}.{}", driver_version / 1000, driver_version % 1000 / 10)},
  };
}

std::string cuda_driver::unit(int ordinal) const {
  uuid id{};
  if (api_.cuDeviceGetUuid(&id, ordinal) != success)
    return fmt::format("cuda-{}", ordinal);
  std::string text = "GPU-";
  for (std::size_t i = 0; i < sizeof id.bytes; ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id.bytes[i]);
  return text;
}

int cuda_driver::device_count() const {
  int count = 0;
  return api_.cuDeviceGetCount(&count) == success ? count : 0;
}

bool cuda_driver::reaches(int ordinal, int other) const {
  int reachable = 0;
  return api_.cuDeviceCanAccessPeer(&reachable, ordinal, other) == success && reachable != 0;
}

int cuda_driver::busy_percent(int ordinal) const {
  char bus[32] = {};
  api_.cuDeviceGetPCIBusId(bus, sizeof bus - 1, ordinal);
  return read_managed_properties(bus).busy_percent;
}

gpu::load_counters cuda_driver::counters(int ordinal) const {
  char bus[32] = {};
  api_.cuDeviceGetPCIBusId(bus, sizeof bus - 1, ordinal);
  return read_load(bus);
}

gpu::device_limits cuda_driver::limits(int ordinal) const {
  gpu::device_limits found;
  found.nominal_ghz = number(ordinal, attribute_clock_khz) * 1e-6;
  found.multiprocessors = count(ordinal, attribute_multiprocessors);
  found.wavefront = count(ordinal, attribute_warp_size);
  found.max_threads_per_block = count(ordinal, attribute_max_threads_per_block);
  found.max_threads_per_multiprocessor = count(ordinal, attribute_max_threads_per_multiprocessor);
  found.max_shared_per_block = count(ordinal, attribute_max_shared_per_block_optin);
  found.cache_bytes = count(ordinal, attribute_l2_bytes);
  found.tick_ps = 1000; // the global timer counts nanoseconds
  return found;
}

status cuda_driver::enter(int ordinal, gpu::thread_state &before) const {
  context_t *context = nullptr;
  status done = TL_CUDA_CALL(api_, cuDevicePrimaryCtxRetain(&context, ordinal));
  before.retained = done.is_ok();
  if (done)
    done = TL_CUDA_CALL(api_, cuCtxPushCurrent_v2(context));
  before.entered = done.is_ok();
  before.capture_mode = capture_relaxed;
  if (done)
    done = TL_CUDA_CALL(api_, cuThreadExchangeStreamCaptureMode(&before.capture_mode));
  before.relaxed = done.is_ok();
  return done;
}

void cuda_driver::leave(int ordinal, const gpu::thread_state &before) const {
  context_t *context = nullptr;
  unsigned mode = before.capture_mode;
  if (before.relaxed)
    api_.cuThreadExchangeStreamCaptureMode(&mode);
  if (before.entered)
    api_.cuCtxPopCurrent_v2(&context);
  if (before.retained)
    api_.cuDevicePrimaryCtxRelease_v2(ordinal);
}

gpu::memory_info cuda_driver::inspect(int ordinal, const void *pointer) const {
  const device_pointer at = gpu::address_of(pointer);
  unsigned type = 0, managed = 0;
  int where = -1;
  device_pointer base = 0;
  std::size_t bytes = 0;
  // All at once, since that is no error where the driver does not know the address: a tool that
  // looks for failing calls in the program would report ours.
  constexpr int wanted[] = {pointer_memory_type, pointer_is_managed, pointer_device_ordinal,
                            pointer_range_start, pointer_range_size};
  void *found[] = {&type, &managed, &where, &base, &bytes};
  if (api_.cuPointerGetAttributes(std::size(wanted), wanted, found, at) != success || type == 0 ||
      bytes == 0)
    return {};
  if (type == 1) // CU_MEMORYTYPE_HOST
    return {gpu::place::host, base, bytes};
  return {!managed && where == ordinal ? gpu::place::exportable : gpu::place::staged, base, bytes};
}

status cuda_driver::allocate(std::uint64_t bytes, gpu::address &to) const {
  device_pointer made = 0;
  status done = TL_CUDA_CALL(api_, cuMemAlloc_v2(&made, bytes));
  to = made;
  return done;
}

status cuda_driver::export_memory(gpu::address base, gpu::ipc_handle &to) const {
  static_assert(sizeof(ipc_handle) == sizeof(gpu::ipc_handle));
  ipc_handle handle{};
  status done = TL_CUDA_CALL(api_, cuIpcGetMemHandle(&handle, base));
  std::memcpy(&to, &handle, sizeof to);
  return done;
}

status cuda_driver::import_memory(const gpu::ipc_handle &from, gpu::address &base) const {
  ipc_handle handle;
  std::memcpy(&handle, &from, sizeof handle);
  device_pointer opened = 0;
  status done = TL_CUDA_CALL(api_, cuIpcOpenMemHandle_v2(&opened, handle, ipc_lazy_peer_access));
  base = opened;
  return done;
}

status cuda_driver::create_stream(void *&to) const {
  stream_t *made = nullptr;
  status done = TL_CUDA_CALL(api_, cuStreamCreate(&made, 0));
  to = made;
  return done;
}

status cuda_driver::create_event(void *&to) const {
  event_t *made = nullptr;
  status done = TL_CUDA_CALL(api_, cuEventCreate(&made, 0));
  to = made;
  return done;
}

status cuda_driver::end_capture(void *stream, void *&recording) const {
  graph_t *graph = nullptr;
  if (status done = TL_CUDA_CALL(api_, cuStreamEndCapture(as<stream_t>(stream), &graph)); !done)
    return done;
  graph_exec_t *made = nullptr;
  status done = TL_CUDA_CALL(api_, cuGraphInstantiateWithFlags(&made, graph, 0));
  api_.cuGraphDestroy(graph);
  recording = made;
  return done;
}

status cuda_driver::load_module(const void *image, void *&to) const {
  module_t *made = nullptr;
  status done = TL_CUDA_CALL(api_, cuModuleLoadData(&made, image));
  to = made;
  return done;
}

status cuda_driver::find_function(void *module, const char *name, void *&to) const {
  function_t *found = nullptr;
  status done = TL_CUDA_CALL(api_, cuModuleGetFunction(&found, as<module_t>(module), name));
  to = found;
  return done;
}

/// A launch names either a function or a kernel that no context has asked for yet.
function_t *cuda_driver::as_function(void *handle) const {
  int registers = 0;
  auto *function = static_cast<function_t *>(handle);
  if (api_.cuFuncGetAttribute(&registers, function_registers, function) == success)
    return function;
  if (api_.cuKernelGetFunction && api_.cuKernelGetFunction(&function, handle) == success)
    return function;
  return nullptr;
}

bool cuda_driver::look_at(const gpu::kernel_handle &kernel, unsigned threads,
                          unsigned dynamic_shared, gpu::kernel_facts &to) const {
  function_t *function = as_function(kernel.function);
  if (!function)
    return false;
  const auto get = [&](int &value, function_attribute which) {
    if (api_.cuFuncGetAttribute(&value, which, function) != success)
      value = 0;
  };
  get(to.registers, function_registers);
  get(to.local, function_local);
  get(to.static_shared, function_static_shared);
  get(to.max_threads, function_max_threads);
  const char *name = nullptr;
  if (api_.cuFuncGetName && api_.cuFuncGetName(&name, function) == success && name)
    to.name = name;
  api_.cuOccupancyMaxActiveBlocksPerMultiprocessor(&to.blocks_per_multiprocessor, function,
                                                   static_cast<int>(threads), dynamic_shared);
  return true;
}

const gpu::driver *find_driver(std::string &error) {
  struct opened {
    entry_points api;
    status outcome = open_driver(api);
    cuda_driver as_driver{api};
  };
  static constinit made_once<const opened> known;
  const opened &only = known.get();
  error = only.outcome.text();
  return only.outcome ? &only.as_driver : nullptr;
}

} // namespace tl::rt::cuda
