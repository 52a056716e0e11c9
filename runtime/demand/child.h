// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler or linker as a child process with limits, inside a program that has children and
// signal handlers of its own.

#ifndef TL_RUNTIME_DEMAND_CHILD_H
#define TL_RUNTIME_DEMAND_CHILD_H

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tl::rt::demand {

struct child_limits {
  /// Of CPU time; and of wall-clock time where it has used less than a fiftieth of that (it hangs),
  /// ten times as long where the machine gives it so little. Then it is killed [s].
  double seconds = 60;
  std::uint64_t memory = 0;      ///< address space, 0: no limit [bytes]
  std::uint64_t file = 1u << 30; ///< largest file that it may write [bytes]
};

/// As many compilers may run at once.
unsigned usable_cpus();
/// What one may use, 2 GiB at least [bytes].
std::uint64_t half_of_memory();

/// How one ended.
struct child_end {
  bool known = false;   ///< false: the program took its status (it waits for all children)
  bool late = false;    ///< it was killed, because it took too long
  bool success = false; ///< status 0
  std::string text;     ///< "status 1", "signal 9 (killed)"; "" on success
};

/// Runs apart from the program: in a process group of its own, with a lower priority, without the
/// program's descriptors, signal mask and LD_PRELOAD. Destroying it kills it. Not thread-safe.
class child {
public:
  child() = default;
  ~child() { kill(); }
  child(child &&other) noexcept;
  child &operator=(child &&other) noexcept;

  /// Starts `arguments[0]` in `directory`, or the program in the file `program`, a descriptor; what
  /// it says goes to `log`, a file. False, with the reason in `error`, where that is not possible.
  bool start(const std::vector<std::string> &arguments, const std::string &directory,
             const std::string &log, const child_limits &limits, std::string &error,
             int program = -1);

  bool running() const { return pid_ > 0; }

  /// Looks whether it has ended; kills it when its time is over. False while it runs.
  bool poll(child_end &end);

  /// Time since its start [s].
  double seconds() const;
  /// CPU time that it and what it has started have used [s].
  double used_cpu_s() const;

  void kill();

private:
  pid_t pid_ = -1;
  bool is_late() const;

  bool late_ = false;
  double limit_s_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

} // namespace tl::rt::demand

#endif
