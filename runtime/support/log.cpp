// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/log.h"

#include "runtime/support/environment.h"
#include "runtime/support/fnv.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace tl::rt {

/// What set_log_output() asked for; never freed, so that no reader needs a lock.
struct log_output {
  log_level level;
  std::string file;
  const log_output *previous; ///< keeps it reachable for leak checkers
};

static std::atomic<const log_output *> override_output{nullptr};

bool log_enabled(log_level level) noexcept {
  if (level == log_level::off)
    return false;
  if (const log_output *const o = override_output.load(std::memory_order_acquire))
    return level <= o->level;
  return level <= environment().log;
}

void log(log_level level, std::string_view message) noexcept {
  if (!log_enabled(level))
    return;
  if (const log_output *const o = override_output.load(std::memory_order_acquire))
    write_log_line(level, o->file, message);
  else
    write_log_line(level, environment().log_file, message);
}

bool warn_once(std::string_view key, std::string_view message) noexcept {
  // Hashes of the keys seen, by open addressing: no lock, so a forked child cannot inherit one
  // held.
  static std::array<std::atomic<std::uint64_t>, 1024> seen{};
  const std::uint64_t hash = fnv(key) | 1; // 0 marks a free slot
  for (std::size_t probe = 0; probe < seen.size(); ++probe) {
    std::atomic<std::uint64_t> &slot = seen[(hash + probe) % seen.size()];
    std::uint64_t found = slot.load(std::memory_order_relaxed);
    if (found == 0 && slot.compare_exchange_strong(found, hash, std::memory_order_relaxed)) {
      log(log_level::warning, message);
      return true;
    }
    if (found == hash)
      return false;
  }
  return false; // a thousand different warnings were said
}

void set_log_output(log_level level, std::string_view file) noexcept {
  try {
    override_output.store(new log_output{level, std::string(file), override_output.load()},
                          std::memory_order_release);
  } catch (...) { // out of memory: keep what there is
  }
}

} // namespace tl::rt
