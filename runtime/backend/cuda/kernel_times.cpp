// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/kernel_times.h"
#include "runtime/support/made_once.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

namespace tl::rt::cuda {

// As cupti_activity.h and cupti_result.h have them.
static constexpr int kind_concurrent_kernel = 10;
static constexpr std::uint32_t flush_forced = 1;
/// Of every CUpti_ActivityKernel since the 4th [bytes].
static constexpr std::size_t record_start = 16;
static constexpr std::size_t record_end = 24;
static constexpr std::size_t buffer_bytes = std::size_t(1) << 20;

namespace {

using buffer_requested = void(std::uint8_t **buffer, std::size_t *size, std::size_t *most_records);
using buffer_completed = void(void *context, std::uint32_t stream, std::uint8_t *buffer,
                              std::size_t size, std::size_t valid);

struct cupti {
  int (*cuptiActivityRegisterCallbacks)(buffer_requested *, buffer_completed *) = nullptr;
  int (*cuptiActivityEnable)(int) = nullptr;
  int (*cuptiActivityDisable)(int) = nullptr;
  int (*cuptiActivityFlushAll)(std::uint32_t) = nullptr;
  int (*cuptiActivityGetNextRecord)(std::uint8_t *, std::size_t, void **) = nullptr;
  status ready;
};

} // namespace

/// Of the kernels recorded so far [ns]. CUPTI may hand over buffers on a thread of its own.
static std::atomic<std::uint64_t> recorded_ns{0};

static const cupti &library();

static void hand_out_buffer(std::uint8_t **buffer, std::size_t *size, std::size_t *most_records) {
  *buffer = static_cast<std::uint8_t *>(std::aligned_alloc(8, buffer_bytes));
  *size = *buffer ? buffer_bytes : 0;
  *most_records = 0;
}

static void take_buffer(void *, std::uint32_t, std::uint8_t *buffer, std::size_t,
                        std::size_t valid) {
  void *record = nullptr;
  while (library().cuptiActivityGetNextRecord(buffer, valid, &record) == 0) {
    const auto *bytes = static_cast<const std::uint8_t *>(record);
    std::uint32_t kind = 0;
    std::memcpy(&kind, bytes, sizeof kind);
    if (kind != kind_concurrent_kernel)
      continue;
    std::uint64_t start = 0, end = 0;
    std::memcpy(&start, bytes + record_start, sizeof start);
    std::memcpy(&end, bytes + record_end, sizeof end);
    recorded_ns += end - start;
  }
  std::free(buffer);
}

static cupti open_cupti() {
  cupti made;
  void *opened = nullptr;
  for (const char *name :
       {"libcupti.so.13", "libcupti.so.12", "libcupti.so", "/usr/local/cuda/lib64/libcupti.so",
        "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so"})
    if (!opened)
      opened = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    made.ready = status::unsupported("profiler = cupti: libcupti.so is not here");
    return made;
  }
  bool complete = true;
  const auto find = [&](auto &pointer, const char *name) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(dlsym(opened, name));
    complete = complete && pointer;
  };
  find(made.cuptiActivityRegisterCallbacks, "cuptiActivityRegisterCallbacks");
  find(made.cuptiActivityEnable, "cuptiActivityEnable");
  find(made.cuptiActivityDisable, "cuptiActivityDisable");
  find(made.cuptiActivityFlushAll, "cuptiActivityFlushAll");
  find(made.cuptiActivityGetNextRecord, "cuptiActivityGetNextRecord");
  if (!complete)
    made.ready =
        status::unsupported("profiler = cupti: libcupti.so is not of a version that is known");
  else if (const int error = made.cuptiActivityRegisterCallbacks(hand_out_buffer, take_buffer))
    made.ready = status::unsupported(
        fmt::format("profiler = cupti: error {} from cuptiActivityRegisterCallbacks", error));
  return made;
}

static const cupti &library() {
  static constinit made_once<const cupti> only;
  return only.get([] { return std::make_unique<const cupti>(open_cupti()); });
}

status begin_kernel_times() {
  const cupti &api = library();
  if (!api.ready)
    return api.ready;
  if (const int error = api.cuptiActivityEnable(kind_concurrent_kernel))
    return status::unsupported(
        fmt::format("profiler = cupti: error {} from cuptiActivityEnable", error));
  // What has run before is not meant.
  api.cuptiActivityFlushAll(flush_forced);
  recorded_ns = 0;
  return status::ok();
}

status end_kernel_times(double &nanoseconds) {
  const cupti &api = library();
  const int error = api.cuptiActivityFlushAll(flush_forced);
  api.cuptiActivityDisable(kind_concurrent_kernel);
  nanoseconds = static_cast<double>(recorded_ns.load());
  if (error != 0 || nanoseconds <= 0)
    return status::io_error(
        fmt::format("profiler = cupti: no kernel was recorded (error {})", error));
  return status::ok();
}

} // namespace tl::rt::cuda
