// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `tltune doctor` looks at. Each check appends what it found; none changes anything that
// lasts.

#ifndef TL_TOOL_DOCTOR_CHECKS_H
#define TL_TOOL_DOCTOR_CHECKS_H

#include <string>
#include <vector>

namespace tl::tool {

enum class severity : unsigned char {
  good,
  note,    ///< something optional is not there
  warning, ///< works, and measures or stores worse than it could
  problem, ///< something that tuning needs does not work
};

struct finding {
  std::string topic; ///< "clang", "cuda driver"
  severity level;
  std::string text;
  std::string advice; ///< what to do about it; "" when good
};

using findings = std::vector<finding>;

void check_compilers(findings &found);
void check_runtime_library(findings &found);
void check_environment(findings &found);
void check_cache(findings &found, const std::string &database);
void check_cpu(findings &found);
void check_cuda(findings &found);
void check_hip(findings &found);

/// Compiles a file by the words of its command, or by a usual one where there are none.
void check_source(findings &found, const std::string &source,
                  const std::vector<std::string> &words);

/// Output of a command line run by sh, with its exit status (-1: cannot be run). Only the first
/// line of what it prints.
struct command_result {
  int status;
  std::string first_line;
};
command_result run_command(const std::string &command);

/// First line of a small file, "" when there is none.
std::string read_line(const std::string &path);

/// A word for sh.
std::string quoted(const std::string &text);

/// Major version of a clang++, 0 when it is none.
int clang_major(const std::string &path);

/// The plugin for a Clang major, and the folder of our headers, next to this tool or installed; ""
/// when there is none.
std::string find_plugin(int major);
std::string find_headers();

/// Full path of a program in PATH, "" when it is not there.
std::string find_program(const std::string &name);

} // namespace tl::tool

#endif
