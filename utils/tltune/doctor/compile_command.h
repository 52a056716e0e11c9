// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler's command for one source file, taken apart so that `tltune doctor` can run variations
// of it.

#ifndef TL_TOOL_DOCTOR_COMPILE_COMMAND_H
#define TL_TOOL_DOCTOR_COMPILE_COMMAND_H

#include <string>
#include <vector>

namespace tl::tool {

/// What a command has written, both streams as they came, and how it ended.
struct compile_result {
  int status = -1;
  std::string output;
  double seconds = 0;
};

class compile_command {
public:
  /// The words of a command; without any, that of the newest Clang with a plugin in PATH.
  compile_command(std::string source, std::vector<std::string> words);

  const std::string &compiler() const { return compiler_; }
  const std::string &source() const { return source_; }
  bool loads_plugin() const;
  void add(std::string word) { words_.push_back(std::move(word)); }
  /// The same command without what loads plugins or talks to them.
  compile_command without_plugin() const;

  /// Runs it with further words, whatever it makes going to `output`; nothing is made where that is
  /// empty.
  compile_result run(const std::vector<std::string> &further, const std::string &output = {}) const;

private:
  std::string source_;
  std::string compiler_;
  std::vector<std::string> words_; ///< without compiler, source, and what says what is made
};

} // namespace tl::tool

#endif
