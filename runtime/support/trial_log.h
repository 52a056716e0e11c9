// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_SUPPORT_TRIAL_LOG_H
#define TL_RUNTIME_SUPPORT_TRIAL_LOG_H

#include <string_view>

namespace tl::rt {

/// Appends one line, with a time stamp and the process id, to `autotune.log` in the cache
/// directory: the record of every trial that people can read. Without a cache directory it does
/// nothing. At 16 MiB the file is renamed to `autotune.log.1` and a new one begins.
void log_trial(std::string_view line) noexcept;

} // namespace tl::rt

#endif
