// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares what a variant has left in the copies with what is expected there.

#ifndef TL_RUNTIME_BACKEND_GPU_RESULT_CHECK_H
#define TL_RUNTIME_BACKEND_GPU_RESULT_CHECK_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_copies.h"
#include "runtime/backend/gpu/device_memory.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/domain/compare.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt::gpu {

/// Not thread-safe. Never throws.
class result_check {
public:
  /// `scratch`: laid out as device_scratch.h says, and there before the first use.
  result_check(device &on, const tl_factory &factory, const problem &what,
               const device_copies &copies, const device_memory &scratch)
      : device_(on), factory_(factory), problem_(what), copies_(copies), scratch_(scratch) {}

  /// Whether the guard zones around the working copies are as they were made.
  verdict check_guards();
  /// Whether a variant wrote to one. Whatever else it wrote to is not known.
  bool damaged() const { return damaged_; }

  /// The working copies against the expected ones. `exact`: bit for bit; `poison_counts`: elements
  /// that neither side has written are left out, and all others have to match.
  verdict compare(bool exact, bool poison_counts);

  /// How many elements of each piece are expected to be others than before: of what is only
  /// written, those that hold no poison any more.
  status count_changed(std::vector<std::uint64_t> &changed);

private:
  match_rule rule() const;
  compare_parameters parameters_of(std::size_t i, bool poison_counts);
  double rms_of(std::size_t i);
  verdict compare_host(std::size_t index, bool exact);
  verdict compare_returned() const;
  verdict mismatch_of(const piece &it, const compare_result &found);

  device &device_;
  const tl_factory &factory_;
  const problem &problem_;
  const device_copies &copies_;
  const device_memory &scratch_;
  std::map<std::pair<std::size_t, bool>, double> rms_; ///< of expected pieces, where asked for
  bool damaged_ = false;
};

} // namespace tl::rt::gpu

#endif
