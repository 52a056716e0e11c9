// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_SUPPORT_UNNAMED_FILE_H
#define TL_RUNTIME_SUPPORT_UNNAMED_FILE_H

namespace tl::rt {

/// A file in memory without a name in any folder, close-on-exec, and none of descriptors 0 to 2. On
/// systems and in sandboxes that give none: one in /dev/shm or /tmp. -1 with errno otherwise.
/// `label`: for people who look at /proc.
int open_unnamed_file(const char *label, unsigned flags = 0) noexcept;

/// Moves a descriptor out of the way of standard streams: returns it, or another one in its place.
int above_standard_streams(int file) noexcept;

} // namespace tl::rt

#endif
