// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs and times variants on private copies of a problem's buffers. The same code works in a worker
// process and, where the arguments cannot leave it, in the caller's.

#ifndef TL_RUNTIME_BACKEND_GPU_ENGINE_H
#define TL_RUNTIME_BACKEND_GPU_ENGINE_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/host_state.h"
#include "runtime/backend/gpu/problem.h"
#include "runtime/domain/compare.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt::gpu {

/// Space before and after each private buffer that no variant may write [bytes].
inline constexpr std::uint64_t guard_bytes = 64 * 1024;

/// Not thread-safe. Never throws.
class engine {
public:
  /// `from_ipc`: regions are opened through their handles; otherwise they are copied from where
  /// they are.
  engine(device &on, const tl_factory &factory, problem what, bool from_ipc);
  ~engine();
  engine(const engine &) = delete;
  engine &operator=(const engine &) = delete;

  /// Makes the private copies.
  status set_up();
  /// See trial_bench. `may_poison`: the reference may be run on contents of our own too.
  trial_outcome prepare(bool may_poison = true);
  trial_outcome probe(std::uint32_t variant);
  /// See trial_bench::confirm. Needs no prepare().
  trial_outcome prove(std::uint32_t variant);
  /// Takes all samples and waits once. Not ok: the round as a whole failed, and nobody knows at
  /// which.
  status round(std::span<const sample_request> order, timed_round &to);
  double reference_ns() const { return reference_ns_; }
  /// What the user should be told once it is set up, "" for nothing: a worker has no log.
  const std::string &remark() const { return remark_; }
  /// What results are compared on, as prepare() has found out.
  const std::string &compared() const { return compared_; }
  /// Whether this process must not be used for another trial: the device is lost to it, or a
  /// variant wrote where it should not have.
  bool tainted() const { return tainted_ || device_.lost(); }

private:
  struct copies {
    address block = 0;           ///< of the working copy, guard zones included
    address working = 0;         ///< what variants get; of a variable itself
    address pristine = 0;        ///< as the caller left it; 0: not written by anybody
    address expected = 0;        ///< as the reference left it
    address varied = 0;          ///< with other contents in what it leaves as it was; 0: none
    address varied_expected = 0; ///< what it left of that
    std::vector<std::byte> host; ///< working copy of a region on the host
    std::vector<std::byte> host_expected;
  };
  using callable = std::function<void(void *const *arguments, void *result)>;

  match_rule rule() const;
  void choose_profiler();
  status copy_in(const region &from, copies &to);
  status find_variable(const region &from, address &at);
  status make_working(const region &from, copies &to);
  void *address_in_copies(const held_pointer &pointer);
  status redirect_addresses();
  void put_back();
  void build_arguments();
  address piece_address(const piece &it, bool expected) const;
  status reset();
  status keep_expected();
  trial_outcome run(const callable &what, bool watch);
  trial_outcome fault(const status &error) const;
  trial_outcome check_guards();
  trial_outcome compare(bool exact, bool poison_counts);
  trial_outcome compare_host(std::size_t index, bool exact);
  double rms_of(std::size_t i);
  trial_outcome compare_returned() const;
  std::string describe_mismatch(const piece &it, const compare_result &found);
  address piece_before(const piece &it) const;
  bool only_writes();
  bool find_write_only();
  compare_parameters parameters_of(std::size_t i, bool poison_counts);
  status count_changed(std::vector<std::uint64_t> &changed);
  bool drop_untouched(const std::vector<bool> &declared);
  trial_outcome take_stock(bool last);
  trial_outcome vary(bool inputs_too);
  trial_outcome check_varied(std::uint32_t variant);
  trial_outcome check(std::uint32_t variant);
  trial_outcome check_repeats(std::uint32_t variant);
  double time_once(const callable &what, trial_outcome &failure);
  callable variant_call(std::uint32_t variant) const;
  callable reference_call() const;
  status time_flush();
  std::uint32_t affordable(const sample_request &wanted) const;
  status sample(const sample_request &wanted, std::size_t &stamp, std::vector<std::size_t> &stamps);
  status load_code(std::uint32_t variant);
  status launch(const sample_request &wanted, std::uint32_t times);
  status separate_sample(const sample_request &wanted, timed_sample &to);
  status restore_read();
  status restore_by_program();

  device &device_;
  const tl_factory &factory_;
  problem problem_;
  bool from_ipc_;
  std::vector<copies> copies_;
  std::vector<std::unique_ptr<std::max_align_t[]>> objects_;
  std::vector<void *> arguments_;
  std::vector<std::max_align_t> result_, expected_result_;
  std::map<std::pair<std::size_t, bool>, double> rms_; ///< of expected pieces, where asked for
  std::vector<bool> write_only_;                       ///< per piece: may be poisoned
  std::vector<double> last_ns_;                        ///< per variant: of its last timed run [ns]
  address results_ = 0;                                ///< for kernels of ours
  double reference_ns_ = 0;
  double flush_ns_ = 0; ///< one flush of the last-level cache [ns]
  std::uint32_t profiler_ = TL_PROFILER_EVENT;
  std::string remark_;
  std::string compared_;
  std::unique_ptr<host_state> variables_; ///< null: none
  bool changes_variables_ = false;        ///< they may not be as the call found them
  bool varied_ = false;                   ///< there is a second look at each variant
  bool varying_ = false;                  ///< it is being taken
  bool tainted_ = false;
};

/// Pieces of status the tuner reads as one outcome.
trial_outcome outcome_of(trial_status status, std::string reason);

} // namespace tl::rt::gpu

#endif
