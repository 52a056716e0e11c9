// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles variants of one factory in child processes, while others are measured: the same source
// by the same command, once for a few configs, into a library that the program loads.

#ifndef TL_RUNTIME_DEMAND_BATCHES_H
#define TL_RUNTIME_DEMAND_BATCHES_H

#include "runtime/demand/child.h"
#include "runtime/demand/combinations.h"
#include "runtime/demand/libraries.h"
#include "runtime/demand/record.h"

#include <tl/abi.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::demand {

/// What became of one config.
struct made_variant {
  std::uint64_t combination = 0;
  std::uint32_t variant = UINT32_MAX; ///< UINT32_MAX: there is none
  std::string reason = {};            ///< why: the compiler's first error, ...
  bool unknown = false; ///< it is not the config's fault: nothing can be compiled, see why_not()
};

/// How long compiling may take, and how much of it at once.
struct compile_limits {
  /// Of the first jobs, until it is known what they take: so much, and so much for each variant
  /// [s].
  double first_s = 60, first_each_s = 10;
  /// Later ones may take this many times what the slowest took for each variant, and at least so
  /// much [s].
  double times = 10, least_s = 20;
  std::uint64_t memory = 0; ///< address space of one process, 0: half of the machine's memory
  unsigned at_once = 0;     ///< 0: as many as the process may use CPUs
  std::size_t per_job = 24; ///< variants that one process compiles
};

/// The directives with which the source begins are precompiled beside the first jobs, for all later
/// ones and later processes. What fails with them is compiled without, and where they are to blame,
/// they are not used any more.
///
/// Not thread-safe. Destroying it ends what runs.
class batch_compiler {
public:
  /// The factory outlives it. `cache`: the cache directory, "" for none.
  batch_compiler(const tl_factory &factory, const std::string &cache, compile_limits limits = {});
  ~batch_compiler();

  /// Why nothing can be compiled (any more), "" where it can. What was compiled before is still
  /// loaded.
  const std::string &why_not() const { return why_not_; }
  /// Whether that may be gone the next time: there is no room, or processes are killed.
  bool may_pass() const { return may_pass_; }
  /// Why what is compiled is lost with the process, "" where it is kept.
  const std::string &why_not_kept() const { return libraries_.why_not_kept(); }

  /// Asks for configs. Those that are there are ready at once.
  void add(std::span<const std::uint64_t> combinations);
  /// Starts and ends processes. Costs next to nothing where nothing has changed.
  void poll();
  /// Polls until another one is ready, all are, or `seconds` are over [s].
  void wait(double seconds);
  /// Those that are ready and were not taken before.
  std::vector<made_variant> take();
  /// Configs that are there without a compiler.
  std::vector<std::uint64_t> kept();
  /// How many are still being compiled.
  std::size_t pending() const;

  /// One config that was compiled before, or is compiled now, within `seconds` [s].
  made_variant get(std::string_view config, bool may_compile, double seconds);

private:
  struct job;

  /// What one process is to compile.
  struct batch {
    std::vector<std::uint64_t> combinations;
    bool without_preamble = false;
  };

  enum class preamble { unknown, being_made, ready, proven, none };

  void prepare_preamble();
  void preamble_ended(const child_end &end);
  void drop_preamble(std::string_view why);
  void start(job &it);
  void ended(job &it, const child_end &end);
  void failed(job &it, const child_end &end);
  void give_up(std::string why, bool may_pass = false);
  void finish(std::uint64_t combination, std::string reason, bool unknown = false);
  void split(const job &it);
  double limit_s(std::size_t variants) const;
  void remove_files(const job &it) const;
  child_limits limits_for(std::size_t variants) const;

  const tl_factory &factory_;
  const std::string cache_;
  const compile_limits limits_;
  combinations space_;
  libraries libraries_;
  compile_record record_;
  std::string cudart_; ///< folder of the CUDA runtime that libraries use, "" for the program's
  std::string why_not_;
  bool may_pass_ = false;
  std::deque<batch> waiting_;
  std::vector<std::unique_ptr<job>> running_;
  std::vector<made_variant> ready_;
  preamble preamble_ = preamble::unknown;
  child preamble_process_;
  std::string preamble_base_; ///< path of its files, without their endings
  std::string preamble_file_; ///< the precompiled one
  double slowest_s_ = 0;      ///< of one variant [s]
  unsigned unexplained_ = 0;  ///< failures in a row that no variant explains
};

} // namespace tl::rt::demand

#endif
