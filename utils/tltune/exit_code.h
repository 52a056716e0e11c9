// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the exit status of `tltune` means. Documented in the man page and in docs/tltune.md.

#ifndef TL_TOOL_EXIT_CODE_H
#define TL_TOOL_EXIT_CODE_H

namespace tl::tool {

enum exit_code : int {
  exit_ok = 0,
  exit_findings = 1, ///< nothing matched, or a check found a problem
  exit_usage = 2,    ///< the command line makes no sense
  exit_database = 3, ///< the database is missing, damaged, or cannot be written
  exit_file = 4,     ///< another file cannot be read or written, or has a format that is not known
  // `tltune run` ends with the program's own status; as in a shell, with 126 or 127 when it cannot
  // be started and with 128 + n when signal n ended it.
  exit_cannot_run = 126,
  exit_not_found = 127,
  exit_signal_base = 128,
};

} // namespace tl::tool

#endif
