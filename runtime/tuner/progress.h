// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The line that shows a terminal how far a session is.

#ifndef TL_RUNTIME_TUNER_PROGRESS_H
#define TL_RUNTIME_TUNER_PROGRESS_H

#include "runtime/support/environment.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tl::rt {

/// Whether progress is shown: as TL_PROGRESS says, and by default where stderr is a terminal.
bool shows_progress(progress_mode wanted);

/// Draws on stderr, ten times a second at most, and wipes the line at the end. Silent where
/// no progress is to be shown. Not thread-safe; one session at a time draws.
class progress_line {
public:
  /// `name` of the factory and `problem` stand at the line's beginning.
  progress_line(progress_mode wanted, std::string_view name, std::string_view problem);
  ~progress_line();
  progress_line(const progress_line &) = delete;
  progress_line &operator=(const progress_line &) = delete;

  /// The probing phase: `done` of `total` variants, the best first run so far [ns], how many
  /// failed.
  void probing(std::uint32_t done, std::uint32_t total, double best_ns, std::uint32_t failed);

  /// The race: variants still in it, the leader's time [ns], how sure it is (0..1), and the longest
  /// that it can still take [s].
  void racing(std::uint32_t survivors, double best_ns, double confidence, double most_s);

private:
  void draw(const std::string &text);
  bool due();

  bool enabled_;
  std::string head_;
  std::chrono::steady_clock::time_point begin_, last_;
  bool drawn_ = false;
};

/// "512 ns", "3.41 us", "12.7 ms", "1.20 s": three significant digits.
std::string format_ns(double ns);

} // namespace tl::rt

#endif
