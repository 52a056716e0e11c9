// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a subcommand gives up: with one line and an exit status.

#ifndef TL_TOOL_FAILURE_H
#define TL_TOOL_FAILURE_H

#include "exit_code.h"

#include <stdexcept>
#include <string>

namespace tl::tool {

/// Thrown by subcommands, caught in main(), which prints "tltune: error: <text>".
class failure : public std::runtime_error {
public:
  failure(exit_code code, const std::string &text) : std::runtime_error(text), code_(code) {}
  exit_code code() const { return code_; }

private:
  exit_code code_;
};

} // namespace tl::tool

#endif
