// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles the kernels of variants with the machine's compiler library, in child processes, while
// others are measured.

#ifndef TL_RUNTIME_DEMAND_RTC_COMPILER_H
#define TL_RUNTIME_DEMAND_RTC_COMPILER_H

#include "runtime/demand/child.h"
#include "runtime/demand/code_folder.h"
#include "runtime/demand/rtc_library.h"

#include <tl/abi.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::demand {

/// What became of one variant.
struct compiled_variant {
  std::uint32_t variant;
  std::string reason = {}; ///< "": its code is there (rtc_code.h); else why not
  bool unknown = false;    ///< it is not its fault: nothing can be compiled, see why_not()
};

/// How long that may take, and how much of it at once.
struct rtc_limits {
  /// Of a process, so much and so much for each variant [s].
  double first_s = 30, each_s = 30;
  std::uint64_t memory = 0; ///< address space of one process, 0: half of the machine's memory
  unsigned at_once = 0;     ///< 0: as many as the process may use CPUs
  std::size_t per_job = 16; ///< variants that one process compiles
};

/// Codes are kept below the cache directory, a file each, under the hash of source, options,
/// architecture and kernels. What another compiler has made is used only where there is none.
///
/// Not thread-safe. Destroying it ends what runs.
class rtc_compiler {
public:
  /// The factory outlives it. `cache`: the cache directory, "" for none. `arch`: of the device,
  /// "sm_90a", "gfx90a:sramecc+:xnack-".
  rtc_compiler(const tl_factory &factory, const std::string &cache, std::string arch,
               rtc_library library, rtc_limits limits = {});
  ~rtc_compiler();

  /// "NVRTC", or "HIPRTC".
  const char *library() const { return library_name(library_.kind); }
  /// Why nothing can be compiled (any more), "" where it can. Codes that are kept are still there.
  const std::string &why_not() const { return why_not_; }
  /// Whether that may be gone the next time: there is no room, or processes are killed.
  bool may_pass() const { return may_pass_; }
  /// Why what is compiled is lost with the process, "" where it is kept.
  std::string why_not_kept() const;

  /// Asks for variants. Those whose code is there are ready at once.
  void add(std::span<const std::uint32_t> variants);
  /// Starts and ends processes. Costs next to nothing where nothing has changed.
  void poll();
  /// Polls until another one is ready, all are, or `seconds` are over [s].
  void wait(double seconds);
  /// Those that are ready and were not taken before.
  std::vector<compiled_variant> take();
  /// How many are still being compiled.
  std::size_t pending() const;

  /// One variant whose code was kept, or is compiled now, within `seconds` [s].
  compiled_variant get(std::uint32_t variant, bool may_compile, double seconds);

private:
  struct job;

  code_folder &folder_of(const tl_rtc_source &source);
  std::string name_of(const tl_rtc_variant &of) const;
  bool take_kept(std::uint32_t variant, bool of_any_compiler, std::string &why);
  status write_request(const job &it) const;
  status keep(const job &it, std::size_t unit);
  void start(job &it);
  bool take_unit(const job &it, std::size_t unit);
  std::string explain(const job &it, const child_end &end) const;
  void ended(job &it, const child_end &end);
  void finish(std::uint32_t variant, std::string reason, bool unknown = false);
  void give_up(std::string why, bool may_pass = false);
  double limit_s(std::size_t variants) const;

  const tl_factory &factory_;
  const std::string cache_, arch_;
  const rtc_library library_;
  const rtc_limits limits_;
  int program_ = -1; ///< the process to be started, a memory file
  std::string why_not_;
  bool may_pass_ = false;
  std::map<const tl_rtc_source *, std::unique_ptr<code_folder>> folders_;
  std::deque<std::vector<std::uint32_t>> waiting_; ///< each of one source
  std::vector<std::unique_ptr<job>> running_;
  std::vector<compiled_variant> ready_;
  unsigned unexplained_ = 0; ///< processes in a row that ended without a word of the compiler
};

/// The architecture that code is made for on a device of this compute capability ("9.0"): with its
/// own features, since it runs on no other. "" for what is none.
std::string arch_of(std::string_view compute_capability);

} // namespace tl::rt::demand

#endif
