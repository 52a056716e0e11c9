// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The private copies of a problem's buffers on which variants run.

#ifndef TL_RUNTIME_BACKEND_GPU_DEVICE_COPIES_H
#define TL_RUNTIME_BACKEND_GPU_DEVICE_COPIES_H

#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/device_memory.h"
#include "runtime/backend/gpu/host_state.h"
#include "runtime/backend/gpu/problem.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tl::rt::gpu {

/// Space before and after each private buffer that no variant may write [bytes].
inline constexpr std::uint64_t guard_bytes = 64 * 1024;

/// What a buffer is filled with before it is written. Not -1 for integers: that is a common result.
unsigned char poison_for(const piece &it);

/// Largest buffer of which there are two more copies, with other contents [bytes].
inline constexpr std::uint64_t most_varied = 256u << 20;

/// Not thread-safe. Never throws.
class device_copies {
public:
  struct copy {
    device_memory block;           ///< of the working copy, guard zones included
    address working = 0;           ///< what variants get; of a variable itself
    device_memory pristine;        ///< as the caller left it; none: not written by anybody
    device_memory expected;        ///< as the reference left it
    device_memory varied;          ///< with other contents in what it leaves as it was
    device_memory varied_expected; ///< what it left of that
    std::vector<std::byte> host;   ///< working copy of a region on the host
    std::vector<std::byte> host_expected;
  };

  /// `from_ipc`: regions are opened through their handles; otherwise they are copied from where
  /// they are. `what` gets the addresses that lead to the copies; all three must outlive this.
  device_copies(device &on, const tl_factory &factory, problem &what, bool from_ipc);
  device_copies(const device_copies &) = delete;
  device_copies &operator=(const device_copies &) = delete;

  /// Makes the copies, and the arguments that lead to them.
  status set_up();
  /// Variables of the program are as the call found them. To be called before the end, unless the
  /// device is lost.
  void put_back();

  void *const *arguments() const { return arguments_.data(); }
  /// Where what a variant returns goes; null: nowhere.
  void *result() { return result_.empty() ? nullptr : result_.data(); }
  const void *result() const { return result_.empty() ? nullptr : result_.data(); }
  const void *expected_result() const { return expected_result_.data(); }

  const copy &of(const piece &it) const { return copies_[it.region]; }
  const std::vector<copy> &regions() const { return copies_; }

  /// Where variants write a piece, and what is expected there.
  address working(const piece &it) const { return of(it).working + it.offset; }
  address expected(const piece &it) const;
  /// What it held before the run that is looked at; 0: no copy of that.
  address before(const piece &it) const;

  /// Pieces that hold poison before a run, for nothing reads them.
  std::vector<bool> &poisoned() { return poisoned_; }
  const std::vector<bool> &poisoned() const { return poisoned_; }

  /// Puts the working copies back to what the caller had, and poison into what is only written.
  status reset();
  /// Before a sample: buffers that are read and written get back what the caller had, so that a
  /// variant does not run on what the one before it has left.
  status restore_read();
  /// What the program says of how to put back what it works on, on the copies.
  status restore_by_program();

  /// What the last run left is expected from now on.
  status keep_expected();
  /// The same for a while, of device memory only: what was expected so far is in `kept`.
  status expect_last_run(std::vector<device_memory> &kept);
  status expect_again(const std::vector<device_memory> &kept);

  /// Makes other contents: of the floating-point elements of pieces that `unchanged` says, and,
  /// with `inputs_too`, of what is only read. `full`: there is no room for them.
  status make_varied(const std::vector<bool> &unchanged, bool inputs_too);
  /// What the last run left of them is expected of them.
  status keep_varied_expected();
  /// Whether runs start from other contents now.
  bool varying() const { return varying_; }

  /// Runs start from other contents as long as it lives.
  class other_contents {
  public:
    explicit other_contents(device_copies &of) : of_(of) { of_.varying_ = true; }
    ~other_contents() { of_.varying_ = false; }
    other_contents(const other_contents &) = delete;
    other_contents &operator=(const other_contents &) = delete;

  private:
    device_copies &of_;
  };

  bool needs_first_run() const { return variables_ && variables_->needs_first_run(); }

private:
  status copy_in(const region &from, copy &to);
  status find_variable(const region &from, address &at);
  status make_working(const region &from, copy &to);
  void *address_in_copies(const held_pointer &pointer);
  status redirect_addresses();
  void build_arguments();

  device &device_;
  const tl_factory &factory_;
  problem &problem_;
  bool from_ipc_;
  std::vector<copy> copies_;
  std::vector<std::unique_ptr<std::max_align_t[]>> objects_;
  std::vector<void *> arguments_;
  std::vector<std::max_align_t> result_, expected_result_;
  std::vector<bool> poisoned_;
  std::unique_ptr<host_state> variables_; ///< null: none
  bool changes_variables_ = false;        ///< they may not be as the call found them
  bool varying_ = false;
};

} // namespace tl::rt::gpu

#endif
