// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads what the system tells about itself in files.

#ifndef TL_RUNTIME_SUPPORT_SMALL_FILE_H
#define TL_RUNTIME_SUPPORT_SMALL_FILE_H

#include <string>

namespace tl::rt {

/// The content of a file below /proc or /sys, "" where it cannot be read. By system calls alone:
/// streams of the standard library take locks (of locales) that a forked child may inherit held.
/// Anything but a regular file counts as unreadable: nothing here waits for the writer of a pipe.
std::string read_small_file(const char *path);
inline std::string read_small_file(const std::string &path) {
  return read_small_file(path.c_str());
}

/// What errno value `error` means, never translated: looking for a translation takes locks, too.
const char *error_text(int error) noexcept;

} // namespace tl::rt

#endif
