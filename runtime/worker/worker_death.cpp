// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/worker_death.h"

#include "runtime/worker/black_box.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

namespace tl::rt {

std::string signal_text(int signal) {
  static constexpr std::pair<int, const char *> names[] = {
      {SIGSEGV, "segmentation fault"},
      {SIGBUS, "bus error"},
      {SIGFPE, "arithmetic error"},
      {SIGILL, "illegal instruction"},
      {SIGABRT, "abort"},
      {SIGKILL, "killed"},
      {SIGTRAP, "trap"},
      {SIGSYS, "bad system call"},
      {SIGTERM, "terminated"},
      {SIGXCPU, "CPU time limit"},
      {SIGALRM, "alarm"},
  };
  for (const auto &[number, name] : names)
    if (number == signal)
      return fmt::format("signal {} ({})", signal, name);
  const char *abbreviation = ::sigabbrev_np(signal);
  return abbreviation ? fmt::format("signal {} (SIG{})", signal, abbreviation)
                      : fmt::format("signal {}", signal);
}

bool process_end::by_signal() const { return known && (code == CLD_KILLED || code == CLD_DUMPED); }

static death explain_signal(int signal) {
  death answer;
  answer.reason = signal_text(signal);
  if (signal == SIGKILL)
    answer.reason += ", by itself or for want of memory";
  return answer;
}

static death explain_exit(const process_end &ended, const worker_channels &channels) {
  const black_box &box = *channels.box();
  death answer;
  const auto end = static_cast<worker_end>(box.end);
  switch (end) {
  case worker_end::signal:
    answer.reason = signal_text(box.signal);
    if (box.stack_overflow != 0)
      answer.reason = "stack overflow, " + answer.reason;
    if (box.signal == SIGFPE && box.code == FPE_INTDIV)
      answer.reason += ", integer division by zero";
    else if (box.code == SI_KERNEL && box.signal == SIGSEGV)
      answer.reason += ", at an address that cannot be one, or misaligned"; // which is not told
    else if (box.code > 0 && (box.signal == SIGSEGV || box.signal == SIGBUS))
      answer.reason += fmt::format(" at address {:#x}", box.address);
    return answer;
  case worker_end::exit_called:
    answer.status = trial_status::exited;
    answer.reason = fmt::format("called exit({})", box.exit_status);
    return answer;
  case worker_end::thread_ended:
    answer.status = trial_status::exited;
    answer.reason = "ended its thread (pthread_exit)";
    return answer;
  case worker_end::descriptors_closed:
    answer.reason = "closed the worker's descriptors";
    return answer;
  case worker_end::parent_gone:
    answer.status = trial_status::harness_error;
    answer.reason = "the program went away";
    return answer;
  case worker_end::setup_failed:
    answer.status = trial_status::harness_error;
    answer.reason = std::string(box.text, ::strnlen(box.text, sizeof box.text));
    return answer;
  case worker_end::unknown:
    break;
  }
  answer.status = trial_status::exited;
  if (!ended.known)
    answer.reason =
        "its process ended; how is not known, since the program collects its children itself";
  else
    answer.reason = fmt::format("called _exit({})", ended.status);
  // The way in which sanitizers end a process.
  constexpr std::string_view summary = "SUMMARY: ";
  if (const std::string output = channels.last_output(); output.starts_with(summary)) {
    answer.status = trial_status::crashed;
    answer.reason = output.substr(summary.size());
  }
  return answer;
}

death explain_death(const process_end &end, const worker_channels &channels) {
  const black_box &box = *channels.box();
  const auto said = static_cast<worker_end>(box.end);
  death answer = end.by_signal() ? explain_signal(end.status) : explain_exit(end, channels);
  const bool text_helps =
      answer.status == trial_status::crashed
          ? (said == worker_end::signal &&
             (box.signal == SIGABRT || box.signal == SIGTRAP || box.signal == SIGILL)) ||
                (end.by_signal() && end.status == SIGABRT)
          : said == worker_end::unknown && answer.status == trial_status::exited;
  if (text_helps)
    if (const std::string output = channels.last_output(); !output.empty())
      answer.reason += ": " + output;
  return answer;
}

} // namespace tl::rt
