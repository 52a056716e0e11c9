// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/hip/driver.h"

#include "runtime/backend/hip/topology.h"
#include "runtime/support/embedded.h"
#include "runtime/support/made_once.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt::hip {
namespace {

class hip_driver final : public gpu::driver {
public:
  hip_driver(const entry_points &api, std::string sys) : api_(api), sys_(std::move(sys)) {}

  std::vector<std::pair<std::string, std::string>> identity(int ordinal) const override;
  std::string unit(int ordinal) const override;
  int device_count() const override;
  bool reaches(int ordinal, int other) const override;
  int busy_percent(int ordinal) const override;
  gpu::device_limits limits(int ordinal) const override;
  status enter(int ordinal, gpu::thread_state &before) const override;
  void leave(int ordinal, const gpu::thread_state &before) const override;

  gpu::memory_info inspect(int ordinal, const void *pointer) const override;
  status allocate(std::uint64_t bytes, gpu::address &to) const override;
  void release(gpu::address of) const override { good(api_, api_.hipFree(pointer_to(of))); }
  status export_memory(gpu::address base, gpu::ipc_handle &to) const override;
  status import_memory(const gpu::ipc_handle &from, gpu::address &base) const override;
  void close_memory(gpu::address base) const override {
    good(api_, api_.hipIpcCloseMemHandle(pointer_to(base)));
  }
  status copy(gpu::address to, gpu::address from, std::uint64_t bytes,
              void *stream) const override {
    return TL_HIP_CALL(api_, hipMemcpyAsync(pointer_to(to), pointer_to(from), bytes, copy_default,
                                            as<stream_t>(stream)));
  }
  status fill(gpu::address to, unsigned char byte, std::uint64_t bytes,
              void *stream) const override {
    return TL_HIP_CALL(api_, hipMemsetAsync(pointer_to(to), byte, bytes, as<stream_t>(stream)));
  }

  status create_stream(void *&to) const override;
  void destroy_stream(void *stream) const override {
    good(api_, api_.hipStreamDestroy(as<stream_t>(stream)));
  }
  /// The null stream: HIP's legacy default stream is the only one that has that handle.
  void *default_stream() const override { return nullptr; }
  status synchronize(void *stream) const override {
    return TL_HIP_CALL(api_, hipStreamSynchronize(as<stream_t>(stream)));
  }
  status synchronize_all() const override { return TL_HIP_CALL(api_, hipDeviceSynchronize()); }

  status create_event(void *&to) const override;
  void destroy_event(void *event) const override {
    good(api_, api_.hipEventDestroy(as<event_t>(event)));
  }
  status record(void *event, void *stream) const override {
    return TL_HIP_CALL(api_, hipEventRecord(as<event_t>(event), as<stream_t>(stream)));
  }
  status elapsed(void *from, void *to, float &milliseconds) const override {
    return TL_HIP_CALL(api_,
                       hipEventElapsedTime(&milliseconds, as<event_t>(from), as<event_t>(to)));
  }

  status begin_capture(void *stream) const override {
    return TL_HIP_CALL(api_, hipStreamBeginCapture(as<stream_t>(stream), capture_relaxed));
  }
  status end_capture(void *stream, void *&recording) const override;
  status launch_recording(void *recording, void *stream) const override {
    return TL_HIP_CALL(api_, hipGraphLaunch(as<graph_exec_t>(recording), as<stream_t>(stream)));
  }
  void destroy_recording(void *recording) const override {
    good(api_, api_.hipGraphExecDestroy(as<graph_exec_t>(recording)));
  }

  std::span<const unsigned char> kernels() const override {
    return {embedded_hip_kernels, embedded_hip_kernels_size};
  }
  status load_module(const void *image, void *&to) const override;
  void unload_module(void *module) const override {
    good(api_, api_.hipModuleUnload(as<module_t>(module)));
  }
  status find_function(void *module, const char *name, void *&to) const override;
  status launch(void *function, unsigned blocks, unsigned threads, void *stream,
                void **arguments) const override {
    return TL_HIP_CALL(api_,
                       hipModuleLaunchKernel(as<function_t>(function), blocks, 1, 1, threads, 1, 1,
                                             0, as<stream_t>(stream), arguments, nullptr));
  }

  status begin_kernel_times() const override {
    return status::unsupported("profiler = cupti: that is CUDA's, and the device is HIP's");
  }
  status end_kernel_times(double &) const override { return begin_kernel_times(); }
  bool look_at(const gpu::kernel_handle &kernel, unsigned threads, unsigned dynamic_shared,
               gpu::kernel_facts &to) const override;
  int refusal() const override { return error_invalid_value; }

private:
  template <class T> static T *as(void *object) { return static_cast<T *>(object); }
  static void *pointer_to(gpu::address at) { return reinterpret_cast<void *>(at); }
  int number(int device, device_attribute which) const {
    int value = 0;
    return good(api_, api_.hipDeviceGetAttribute(&value, which, device)) ? value : 0;
  }
  unsigned count(int device, device_attribute which) const {
    return static_cast<unsigned>(std::max(number(device, which), 0));
  }
  std::string bus_id(int device) const;
  std::string architecture(int device) const;
  bool look_at_symbol(const void *symbol, unsigned threads, unsigned dynamic_shared,
                      gpu::kernel_facts &to) const;

  entry_points api_;
  std::string sys_;
};

} // namespace

std::string hip_driver::bus_id(int device) const {
  char text[32] = {};
  return good(api_, api_.hipDeviceGetPCIBusId(text, sizeof text - 1, device)) ? text : "";
}

std::string hip_driver::architecture(int device) const {
  device_properties properties{};
  std::size_t at = 0;
  if (api_.hipGetDevicePropertiesR0600 &&
      good(api_, api_.hipGetDevicePropertiesR0600(&properties, device)))
    at = arch_name_at_6;
  else if (api_.major() < 6 && api_.hipGetDeviceProperties &&
           good(api_, api_.hipGetDeviceProperties(&properties, device)))
    at = arch_name_at_5;
  if (at == 0)
    return "unknown";
  const char *name = properties.bytes + at;
  return std::string(name, strnlen(name, arch_name_bytes));
}

std::vector<std::pair<std::string, std::string>> hip_driver::identity(int ordinal) const {
  char name[256] = {};
  std::size_t memory = 0;
  good(api_, api_.hipDeviceGetName(name, sizeof name - 1, ordinal));
  good(api_, api_.hipDeviceTotalMem(&memory, ordinal));
  const topology device = read_topology(bus_id(ordinal), sys_);
  const auto known = [](std::uint64_t value) {
    return value ? fmt::format("{}", value) : std::string("unknown");
  };
  return {
      {"backend", "hip"},
      {"model", name},
      {"arch", architecture(ordinal)},
      {"compute_units", fmt::format("{}", number(ordinal, attribute_multiprocessors))},
      {"dies", known(device.dies)},
      // Rounded: what the driver keeps for itself changes between its versions.
      {"memory_gib", fmt::format("{}", (memory + (1u << 29)) >> 30)},
      {"power_w", known(device.power_limit_watts)},
      {"hip",
       fmt::format("{}.{}.{}", api_.major(), api_.version / 100'000 % 100, api_.version % 100'000)},
  };
}

std::string hip_driver::unit(int ordinal) const {
  uuid id{};
  if (api_.hipDeviceGetUuid && good(api_, api_.hipDeviceGetUuid(&id, ordinal)) &&
      std::any_of(std::begin(id.bytes), std::end(id.bytes), [](unsigned char it) { return it; })) {
    std::string text = "HIP-";
    for (const unsigned char it : id.bytes)
      text += fmt::format("{:02x}", it);
    return text;
  }
  const std::string bus = bus_id(ordinal);
  return bus.empty() ? fmt::format("hip-{}", ordinal) : "hip " + bus;
}

int hip_driver::device_count() const {
  int count = 0;
  return good(api_, api_.hipGetDeviceCount(&count)) ? count : 0;
}

bool hip_driver::reaches(int ordinal, int other) const {
  int reachable = 0;
  return good(api_, api_.hipDeviceCanAccessPeer(&reachable, ordinal, other)) && reachable != 0;
}

int hip_driver::busy_percent(int ordinal) const { return read_busy_percent(bus_id(ordinal), sys_); }

gpu::device_limits hip_driver::limits(int ordinal) const {
  gpu::device_limits found;
  found.nominal_ghz = number(ordinal, attribute_clock_khz) * 1e-6;
  found.multiprocessors = count(ordinal, attribute_multiprocessors);
  found.wavefront = count(ordinal, attribute_warp_size);
  found.max_threads_per_block = count(ordinal, attribute_max_threads_per_block);
  found.max_threads_per_multiprocessor = count(ordinal, attribute_max_threads_per_multiprocessor);
  found.max_shared_per_block = count(ordinal, attribute_max_shared_per_block);
  found.cache_bytes =
      read_topology(bus_id(ordinal), sys_).cache_bytes(count(ordinal, attribute_l2_bytes));
  // 100 MHz is what every GPU since MI100 and RDNA 2 has where an older HIP does not say.
  const unsigned khz = count(ordinal, attribute_wall_clock_khz);
  found.tick_ps = khz ? 1'000'000'000 / khz : 10'000;
  return found;
}

status hip_driver::enter(int ordinal, gpu::thread_state &before) const {
  status done = TL_HIP_CALL(api_, hipGetDevice(&before.device));
  if (done)
    done = TL_HIP_CALL(api_, hipSetDevice(ordinal));
  before.entered = done.is_ok();
  before.capture_mode = capture_relaxed;
  if (done)
    done = TL_HIP_CALL(api_, hipThreadExchangeStreamCaptureMode(&before.capture_mode));
  before.relaxed = done.is_ok();
  return done;
}

void hip_driver::leave(int, const gpu::thread_state &before) const {
  unsigned mode = before.capture_mode;
  if (before.relaxed)
    good(api_, api_.hipThreadExchangeStreamCaptureMode(&mode));
  if (before.entered)
    good(api_, api_.hipSetDevice(before.device));
}

gpu::memory_info hip_driver::inspect(int ordinal, const void *pointer) const {
  pointer_attributes found{};
  if (!good(api_, api_.hipPointerGetAttributes(&found, pointer)) || is_unregistered(api_, found))
    return {};
  void *base = nullptr;
  std::size_t bytes = 0;
  if (!good(api_, api_.hipMemGetAddressRange(&base, &bytes, const_cast<void *>(pointer))))
    return {};
  gpu::place place = gpu::place::staged;
  if (is_host(api_, found) && !found.is_managed)
    place = gpu::place::host;
  else if (!found.is_managed && found.device == ordinal)
    place = gpu::place::exportable;
  return {place, gpu::address_of(base), bytes};
}

status hip_driver::allocate(std::uint64_t bytes, gpu::address &to) const {
  void *made = nullptr;
  status done = TL_HIP_CALL(api_, hipMalloc(&made, bytes));
  to = gpu::address_of(made);
  return done;
}

status hip_driver::export_memory(gpu::address base, gpu::ipc_handle &to) const {
  static_assert(sizeof(ipc_handle) == sizeof(gpu::ipc_handle));
  ipc_handle handle{};
  status done = TL_HIP_CALL(api_, hipIpcGetMemHandle(&handle, pointer_to(base)));
  std::memcpy(&to, &handle, sizeof to);
  return done;
}

status hip_driver::import_memory(const gpu::ipc_handle &from, gpu::address &base) const {
  ipc_handle handle;
  std::memcpy(&handle, &from, sizeof handle);
  void *opened = nullptr;
  const unsigned flags = api_.major() < 6 ? ipc_lazy_5 : ipc_lazy_6;
  status done = TL_HIP_CALL(api_, hipIpcOpenMemHandle(&opened, handle, flags));
  base = gpu::address_of(opened);
  return done;
}

status hip_driver::create_stream(void *&to) const {
  stream_t *made = nullptr;
  status done = TL_HIP_CALL(api_, hipStreamCreateWithFlags(&made, 0));
  to = made;
  return done;
}

status hip_driver::create_event(void *&to) const {
  event_t *made = nullptr;
  status done = TL_HIP_CALL(api_, hipEventCreateWithFlags(&made, 0));
  to = made;
  return done;
}

status hip_driver::end_capture(void *stream, void *&recording) const {
  graph_t *graph = nullptr;
  if (status done = TL_HIP_CALL(api_, hipStreamEndCapture(as<stream_t>(stream), &graph)); !done)
    return done;
  graph_exec_t *made = nullptr;
  status done = TL_HIP_CALL(api_, hipGraphInstantiateWithFlags(&made, graph, 0));
  good(api_, api_.hipGraphDestroy(graph));
  recording = made;
  return done;
}

status hip_driver::load_module(const void *image, void *&to) const {
  module_t *made = nullptr;
  status done = TL_HIP_CALL(api_, hipModuleLoadData(&made, image));
  to = made;
  return done;
}

status hip_driver::find_function(void *module, const char *name, void *&to) const {
  function_t *found = nullptr;
  status done = TL_HIP_CALL(api_, hipModuleGetFunction(&found, as<module_t>(module), name));
  to = found;
  return done;
}

bool hip_driver::look_at_symbol(const void *symbol, unsigned threads, unsigned dynamic_shared,
                                gpu::kernel_facts &to) const {
  function_attributes found{};
  if (!good(api_, api_.hipFuncGetAttributes(&found, symbol)))
    return false;
  to.registers = found.registers;
  to.local = static_cast<int>(found.local_bytes);
  to.static_shared = static_cast<int>(found.static_shared);
  to.max_threads = found.max_threads;
  if (const char *name =
          api_.hipKernelNameRefByPtr ? api_.hipKernelNameRefByPtr(symbol, nullptr) : nullptr)
    to.name = name;
  good(api_, api_.hipOccupancyMaxActiveBlocksPerMultiprocessor(
                 &to.blocks_per_multiprocessor, symbol, static_cast<int>(threads), dynamic_shared));
  return true;
}

bool hip_driver::look_at(const gpu::kernel_handle &kernel, unsigned threads,
                         unsigned dynamic_shared, gpu::kernel_facts &to) const {
  if (kernel.is_symbol)
    return look_at_symbol(kernel.function, threads, dynamic_shared, to);
  auto *function = as<function_t>(kernel.function);
  const auto get = [&](int &value, function_attribute which) {
    return good(api_, api_.hipFuncGetAttribute(&value, which, function));
  };
  if (!get(to.registers, function_registers))
    return false;
  get(to.local, function_local);
  get(to.static_shared, function_static_shared);
  get(to.max_threads, function_max_threads);
  if (const char *name = api_.hipKernelNameRef ? api_.hipKernelNameRef(function) : nullptr)
    to.name = name;
  good(api_,
       api_.hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(
           &to.blocks_per_multiprocessor, function, static_cast<int>(threads), dynamic_shared));
  return true;
}

std::unique_ptr<gpu::driver> make_driver(const entry_points &api, const std::string &sys) {
  return std::make_unique<hip_driver>(api, sys);
}

const gpu::driver *find_driver(std::string &error) {
  struct opened {
    entry_points api;
    status outcome = open_runtime(nullptr, api);
    std::unique_ptr<gpu::driver> as_driver = make_driver(api);
  };
  static constinit made_once<const opened> known;
  const opened &only = known.get();
  error = only.outcome.text();
  return only.outcome ? only.as_driver.get() : nullptr;
}

} // namespace tl::rt::hip
