// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the headers throw, in programs that are compiled without exceptions too: there it ends the
// program with the text on stderr. In a trial that costs the trial, as an exception does.

#ifndef TL_EXCEPTIONS_H
#define TL_EXCEPTIONS_H

#include <tl/language.h>

#if defined(__cpp_exceptions) || defined(__EXCEPTIONS)
#define TL_HAS_EXCEPTIONS 1
#define TL_THROW(...) throw __VA_ARGS__
#else
#define TL_HAS_EXCEPTIONS 0
#include <cstdio>
#include <cstdlib>
#include <exception>
#define TL_THROW(...) ::tl::detail::end_program(__VA_ARGS__)

namespace tl::detail {
[[noreturn]] inline void end_program(const std::exception &reason) {
  std::fprintf(stderr, "tl: %s\n", reason.what());
  std::abort();
}
} // namespace tl::detail
#endif

#endif
