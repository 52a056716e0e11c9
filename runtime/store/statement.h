// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is said about how sure a winner is: the same words in the log and in the tool.

#ifndef TL_RUNTIME_STORE_STATEMENT_H
#define TL_RUNTIME_STORE_STATEMENT_H

#include "runtime/store/records.h"

#include <string>

namespace tl::rt::store {

/// "1.2 % slower": of the runner-up. It may look faster by so little that the default config was
/// kept, or in a session that did not finish.
std::string describe_margin(double margin);

/// "99.7 %", rounded down, so that no more is said than is known.
std::string describe_confidence(double confidence);

/// "final", "provisional", or "unsure": final, and less probable than not to be within 1 % of the
/// best, since further samples did not help.
std::string describe_state(const winner &of);

/// A winner is sure from this confidence on.
inline constexpr double least_confidence = 0.5;

} // namespace tl::rt::store

#endif
