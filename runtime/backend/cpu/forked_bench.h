// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trials on the CPU in forked workers: the caller's memory is there as it is, and stays as it is.

#ifndef TL_RUNTIME_BACKEND_CPU_FORKED_BENCH_H
#define TL_RUNTIME_BACKEND_CPU_FORKED_BENCH_H

#include "runtime/backend/backend.h"
#include "runtime/backend/cpu/cpu_worker.h"
#include "runtime/backend/cpu/memory/obstacles.h"
#include "runtime/worker/supervisor.h"

#include <memory>

namespace tl::rt {

class forked_bench final : public trial_bench {
public:
  /// Null, with the reason in `error`, when there is no file to keep the expected results in, or
  /// nothing says what is mapped where.
  static std::unique_ptr<forked_bench> open(const tuning_task &task, const calling_thread &caller,
                                            std::string &error);
  ~forked_bench() override;

  verdict prepare() override;
  verdict probe(std::uint32_t variant, double limit_s) override;
  timed_round round(std::span<const sample_request> order, double limit_s) override;
  verdict recheck(std::uint32_t variant, double limit_s) override;
  void grown() override { worker_.stop(); }
  double reference_ns() const override { return reference_ns_; }
  std::string compared() const override { return compared_; }

private:
  forked_bench(const tuning_task &task, program_memory program, int image);

  void look_closer(double limit_s);

  worker_answer ask(request_kind kind, std::uint32_t variant, std::uint32_t launches,
                    double limit_s);
  worker_answer ask_once(const worker_request &request, double limit_s);
  bool is_doubtful(const worker_answer &answer) const;

  const tuning_task task_;
  const program_memory program_;
  memory_after_fork memory_;
  int image_; ///< file without a name: the expected results, for workers born later
  double reference_ns_ = 0;
  std::string compared_;
  double birth_s_ = 0; ///< how long the last worker took to be ready [s]
  bool slept_ = false; ///< a worker has slept for good before
  bool used_ = false;  ///< the worker has run something already
  supervisor worker_;
  std::shared_ptr<const void> abandoned_; ///< see when_abandoned
};

} // namespace tl::rt

#endif
