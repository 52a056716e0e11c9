// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A worker process for GPU trials: the program's own image, executed again with the hook library
// preloaded (see hook.h). A fork would not do, since a driver's context does not survive one.

#ifndef TL_RUNTIME_BACKEND_GPU_WORKER_H
#define TL_RUNTIME_BACKEND_GPU_WORKER_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/support/status.h"
#include "runtime/worker/supervisor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tl::rt::gpu {

inline constexpr std::size_t max_round = 1024;          ///< samples asked for at once
inline constexpr std::size_t max_resources = 64 * 1024; ///< [bytes]

struct shared_sample {
  double time_ns;
  double at_ns;
  std::uint32_t launches;
};

/// Memory that the program and its worker share, for what does not fit in a message. The problem
/// follows it.
struct shared_area {
  std::uint64_t cookie;
  std::int64_t parent;
  std::uint64_t problem_bytes;
  double reference_ns;
  double clock;
  char remark[512];              ///< see engine::remark; null-terminated like the next
  char compared[2048];           ///< see engine::compared
  char resources[max_resources]; ///< null-terminated by its writer; the reader does not rely on it
  sample_request requests[max_round];
  shared_sample samples[max_round];
};

/// The shared memory of one problem and the way its workers are made. Not thread-safe.
class worker_image {
public:
  ~worker_image();
  worker_image() = default;
  worker_image(const worker_image &) = delete;
  worker_image &operator=(const worker_image &) = delete;

  /// Not ok: this process cannot be executed again as a worker, and the text says why.
  status prepare(const tl_factory &factory, const problem &what);

  /// A worker_birth.
  pid_t give_birth(const worker_link &link);

  shared_area &area() { return *area_; }

private:
  void release();

  int area_memory_ = -1;
  int hook_ = -1;
  int libraries_ = -1; ///< see demand::copies_for_workers, which owns it; -1: none will come
  shared_area *area_ = nullptr;
  std::size_t area_bytes_ = 0;
  std::shared_ptr<const void> abandoned_; ///< see when_abandoned
  std::string image_; ///< shared library that holds the factory, "" for the program itself
};

} // namespace tl::rt::gpu

#endif
