// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/device.h"

#include "runtime/backend/cuda/kernel_times.h"
#include "runtime/backend/cuda/launches.h"
#include "runtime/backend/gpu/embedded.h"

#include <algorithm>
#include <cstring>

namespace tl::rt::cuda {

/// A driver call whose answer decides whether the device is lost.
#define TL_CALL(call) note_call(#call, api_.call, __LINE__)
#define note_call(text, answer, line)                                                              \
  [&] {                                                                                            \
    const result got = (answer);                                                                   \
    return note(check(api_, got, text, __FILE__, line), got);                                      \
  }()

entered_context::entered_context(const driver &api, ordinal device) : api_(api), device_(device) {
  context_t *context = nullptr;
  outcome_ = TL_CUDA_CALL(api_, cuDevicePrimaryCtxRetain(&context, device_));
  retained_ = outcome_.is_ok();
  if (retained_)
    outcome_ = TL_CUDA_CALL(api_, cuCtxPushCurrent_v2(context));
  pushed_ = outcome_.is_ok();
  if (pushed_)
    outcome_ = TL_CUDA_CALL(api_, cuThreadExchangeStreamCaptureMode(&capture_mode_));
}

entered_context::~entered_context() {
  context_t *context = nullptr;
  if (pushed_) {
    api_.cuThreadExchangeStreamCaptureMode(&capture_mode_);
    api_.cuCtxPopCurrent_v2(&context);
  }
  if (retained_)
    api_.cuDevicePrimaryCtxRelease_v2(device_);
}

cuda_device::cuda_device(const driver &api, ordinal which)
    : api_(api), device_(which), context_(api, which) {}

cuda_device::~cuda_device() {
  if (lost_ || !context_.outcome())
    return;
  drop_captures();
  for (event_t *it : stamps_)
    if (it)
      api_.cuEventDestroy_v2(it);
  if (flush_)
    api_.cuMemFree_v2(flush_);
  if (kernels_)
    api_.cuModuleUnload(kernels_);
  if (stream_)
    api_.cuStreamDestroy_v2(stream_);
}

status cuda_device::note(status outcome, result answer) {
  if (is_sticky(answer))
    lost_ = true;
  return outcome;
}

status cuda_device::open() {
  if (!context_.outcome())
    return context_.outcome();
  int khz = 0, processors = 0;
  if (api_.cuDeviceGetAttribute(&khz, attribute_clock_khz, device_) == success)
    nominal_ghz_ = khz * 1e-6;
  if (api_.cuDeviceGetAttribute(&processors, attribute_multiprocessors, device_) == success)
    multiprocessors_ = static_cast<unsigned>(processors);
  // An ordinary stream: it keeps the order with whatever a factory does on the default stream.
  const status made = TL_CALL(cuStreamCreate(&stream_, 0));
  work_ = stream_;
  return made;
}

status cuda_device::load_kernels() {
  if (kernels_)
    return status::ok();
  if (gpu::embedded_kernels_size == 0)
    return status::unsupported("this runtime was built without its device kernels");
  if (status done = TL_CALL(cuModuleLoadData(&kernels_, gpu::embedded_kernels)); !done)
    return done;
  if (status done = TL_CALL(cuModuleGetFunction(&compare_, kernels_, "tl_compare")); !done)
    return done;
  if (status done = TL_CALL(cuModuleGetFunction(&guard_, kernels_, "tl_guard")); !done)
    return done;
  if (status done = TL_CALL(cuModuleGetFunction(&spin_, kernels_, "tl_spin")); !done)
    return done;
  return TL_CALL(cuModuleGetFunction(&supply_, kernels_, "tl_supply"));
}

gpu::memory_info cuda_device::inspect(const void *pointer) {
  gpu::memory_info info;
  const device_pointer at = gpu::address_of(pointer);
  unsigned type = 0;
  if (api_.cuPointerGetAttribute(&type, pointer_memory_type, at) != success)
    return info;
  unsigned managed = 0;
  api_.cuPointerGetAttribute(&managed, pointer_is_managed, at);
  device_pointer base = 0;
  std::size_t bytes = 0;
  if (type == 1) { // CU_MEMORYTYPE_HOST
    if (api_.cuPointerGetAttribute(&base, pointer_range_start, at) != success ||
        api_.cuPointerGetAttribute(&bytes, pointer_range_size, at) != success)
      return info;
    info = {gpu::place::host, base, bytes};
    return info;
  }
  if (api_.cuMemGetAddressRange_v2(&base, &bytes, at) != success &&
      (api_.cuPointerGetAttribute(&base, pointer_range_start, at) != success ||
       api_.cuPointerGetAttribute(&bytes, pointer_range_size, at) != success))
    return info;
  int where = -1;
  api_.cuPointerGetAttribute(&where, pointer_device_ordinal, at);
  gpu::ipc_handle handle;
  const bool shareable = !managed && where == device_ && export_memory(base, handle).is_ok();
  info = {shareable ? gpu::place::exportable : gpu::place::staged, base, bytes};
  return info;
}

status cuda_device::allocate(std::uint64_t bytes, gpu::address &to) {
  device_pointer made = 0;
  const status done = TL_CALL(cuMemAlloc_v2(&made, std::max<std::uint64_t>(bytes, 1)));
  to = made;
  return done;
}

void cuda_device::release(gpu::address of) {
  if (of)
    api_.cuMemFree_v2(of);
}

status cuda_device::export_memory(gpu::address base, gpu::ipc_handle &to) {
  static_assert(sizeof(ipc_handle) == sizeof(gpu::ipc_handle));
  ipc_handle handle{};
  const status done = TL_CALL(cuIpcGetMemHandle(&handle, base));
  std::memcpy(&to, &handle, sizeof to);
  return done;
}

status cuda_device::import_memory(const gpu::ipc_handle &from, gpu::address &base) {
  ipc_handle handle;
  std::memcpy(&handle, &from, sizeof handle);
  device_pointer opened = 0;
  const status done = TL_CALL(cuIpcOpenMemHandle_v2(&opened, handle, ipc_lazy_peer_access));
  base = opened;
  return done;
}

void cuda_device::close_memory(gpu::address base) { api_.cuIpcCloseMemHandle(base); }

status cuda_device::copy(gpu::address to, gpu::address from, std::uint64_t bytes) {
  return TL_CALL(cuMemcpyAsync(to, from, bytes, work_));
}

status cuda_device::fill(gpu::address to, unsigned char byte, std::uint64_t bytes) {
  return TL_CALL(cuMemsetD8Async(to, byte, bytes, work_));
}

status cuda_device::flush_cache() {
  if (!flush_) {
    int l2 = 0;
    api_.cuDeviceGetAttribute(&l2, attribute_l2_bytes, device_);
    // Twice the cache: its replacement is not strictly by age.
    flush_bytes_ = std::max<std::uint64_t>(2 * static_cast<std::uint64_t>(l2), 8u << 20);
    if (status done = TL_CALL(cuMemAlloc_v2(&flush_, flush_bytes_)); !done)
      return done;
  }
  return fill(flush_, 0, flush_bytes_);
}

status cuda_device::synchronize() { return TL_CALL(cuStreamSynchronize(work_)); }

status cuda_device::wait_for_caller(void *stream) {
  if (stream)
    return TL_CALL(cuStreamSynchronize(static_cast<stream_t *>(stream)));
  return TL_CALL(cuCtxSynchronize());
}

status cuda_device::run(function_t *kernel, unsigned blocks, unsigned threads, void **arguments) {
  return TL_CALL(cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, 0, work_, arguments, nullptr));
}

static unsigned blocks_for(std::uint64_t items, unsigned processors) {
  return static_cast<unsigned>(
      std::clamp<std::uint64_t>((items + 255) / 256, 1, std::uint64_t(processors) * 8));
}

status cuda_device::compare(const gpu::compare_parameters &parameters, gpu::address to) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  gpu::compare_parameters copy = parameters;
  device_pointer target = to;
  void *arguments[] = {&copy, &target};
  return run(compare_, blocks_for(parameters.count, multiprocessors_), 256, arguments);
}

status cuda_device::guard(gpu::address zone, std::uint64_t bytes, gpu::address to) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  void *arguments[] = {&zone, &bytes, &to};
  return run(guard_, blocks_for(bytes, multiprocessors_), 256, arguments);
}

status cuda_device::supply(const supply_parameters &parameters) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  supply_parameters copy = parameters;
  void *arguments[] = {&copy};
  return run(supply_, blocks_for(parameters.count, multiprocessors_), 256, arguments);
}

status cuda_device::spin(std::uint64_t nanoseconds, gpu::address to) {
  if (status loaded = load_kernels(); !loaded)
    return loaded;
  void *arguments[] = {&nanoseconds, &to};
  return run(spin_, 1, 1, arguments);
}

status cuda_device::stamp(std::size_t index) {
  if (index >= stamps_.size())
    stamps_.resize(std::max(index + 1, 2 * stamps_.size()));
  if (!stamps_[index])
    if (status done = TL_CALL(cuEventCreate(&stamps_[index], 0)); !done)
      return done;
  return TL_CALL(cuEventRecord(stamps_[index], work_));
}

status cuda_device::elapsed(std::size_t from, std::size_t to, double &nanoseconds) {
  float milliseconds = 0;
  const status done = TL_CALL(cuEventElapsedTime(&milliseconds, stamps_.at(from), stamps_.at(to)));
  nanoseconds = static_cast<double>(milliseconds) * 1e6;
  return done;
}

status cuda_device::begin_kernel_times() { return cuda::begin_kernel_times(); }

status cuda_device::end_kernel_times(double &nanoseconds) {
  const status waited = synchronize();
  const status ended = cuda::end_kernel_times(nanoseconds);
  return waited ? ended : waited;
}

status cuda_device::begin_capture() {
  return TL_CALL(cuStreamBeginCapture_v2(work_, capture_relaxed));
}

status cuda_device::end_capture(std::size_t index) {
  graph_t *graph = nullptr;
  if (status done = TL_CALL(cuStreamEndCapture(work_, &graph)); !done)
    return done;
  if (index >= captures_.size())
    captures_.resize(index + 1);
  if (captures_[index])
    api_.cuGraphExecDestroy(captures_[index]);
  captures_[index] = nullptr;
  const status done = TL_CALL(cuGraphInstantiateWithFlags(&captures_[index], graph, 0));
  api_.cuGraphDestroy(graph);
  return done;
}

status cuda_device::replay(std::size_t index) {
  return TL_CALL(cuGraphLaunch(captures_.at(index), work_));
}

void cuda_device::drop_captures() {
  for (graph_exec_t *it : captures_)
    if (it)
      api_.cuGraphExecDestroy(it);
  captures_.clear();
}

bool cuda_device::watch_launches() { return start_watching(api_, device_); }

gpu::launch_report cuda_device::launches_seen() { return stop_watching(); }

} // namespace tl::rt::cuda
