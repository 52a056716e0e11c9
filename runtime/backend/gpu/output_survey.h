// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the reference does to the buffers: which of them it only writes, what it changes, and
// whether more can be seen with other contents in them.

#ifndef TL_RUNTIME_BACKEND_GPU_OUTPUT_SURVEY_H
#define TL_RUNTIME_BACKEND_GPU_OUTPUT_SURVEY_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_copies.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/backend/gpu/result_check.h"
#include "runtime/backend/gpu/trial_calls.h"

#include <string>
#include <vector>

namespace tl::rt::gpu {

/// Its functions are called after a run of the reference whose results are the expected ones. Not
/// thread-safe. Never throws.
class output_survey {
public:
  /// `from_ipc`: the copies are another process's.
  output_survey(device &on, const tl_factory &factory, const problem &what, bool from_ipc,
                device_copies &copies, trial_calls &calls, result_check &check)
      : device_(on), factory_(factory), problem_(what), from_ipc_(from_ipc), copies_(copies),
        calls_(calls), check_(check) {}

  /// Finds the buffers of which the reference reads nothing, so that poison can be put there: it
  /// leaves the same results whatever they held, apart from elements that it does not touch. True:
  /// the last run is what is expected from now on.
  bool find_write_only();
  /// A buffer in which all poison is still there may just as well have been read: what is added to
  /// it was zero. True where there was one that `declared` does not say to be written only.
  bool drop_untouched(const std::vector<bool> &declared);
  /// Where the reference has left a part of what it may write as it was (a time step over zeros), a
  /// variant that forgets about it would pass. Then what was there is changed, and it runs again:
  /// what that leaves is kept for a second look at each variant. `inputs_too`: what it only reads
  /// is changed as well.
  verdict vary(bool inputs_too);
  /// Finds out what results are compared on, and whether that is anything at all. `last`: without
  /// one more look with other contents.
  verdict take_stock(bool last);

  /// Whether there is a second look at each variant.
  bool varied() const { return varied_; }
  /// What results are compared on, for people.
  const std::string &compared() const { return compared_; }

private:
  bool only_writes();
  std::string carried_over() const;

  device &device_;
  const tl_factory &factory_;
  const problem &problem_;
  bool from_ipc_;
  device_copies &copies_;
  trial_calls &calls_;
  result_check &check_;
  bool varied_ = false;
  std::string compared_;
};

} // namespace tl::rt::gpu

#endif
