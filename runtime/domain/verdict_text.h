// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of a verdict, the same whatever ran the variant: what differs, what the user's own
// check says, and what was thrown.

#ifndef TL_RUNTIME_DOMAIN_VERDICT_TEXT_H
#define TL_RUNTIME_DOMAIN_VERDICT_TEXT_H

#include "runtime/domain/compare.h"
#include "runtime/domain/verdict.h"

#include <tl/abi.h>

#include <string>

namespace tl::rt {

/// "2 of 64 elements of y differ, the first is y[3]: got 7, expected 6". `where`: the first of
/// them.
verdict differing(const comparison &sum, const std::string &name, const std::string &where);

/// "1 of 64 elements of y were never written, the first is y[63]".
verdict unwritten(const comparison &sum, const std::string &name, const std::string &where);

/// Asks `check = fn`, which `options` have, what it makes of a run's results. What it throws is a
/// no.
verdict ask_check(const tl_factory &factory, const tl_options &options, void *const *arguments,
                  const void *result);

/// Of what is being caught: "threw std::runtime_error: too wide". To be called in a handler.
verdict thrown();

} // namespace tl::rt

#endif
