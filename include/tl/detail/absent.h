// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin puts in place of a variant that does not compile and that the build leaves out
// (-fplugin-arg-tl-absent), or that can never run (-fplugin-arg-tl-legality): a body that says so,
// and an object that lets the runtime know, so that no trial runs it and no stored winner leads to
// it.

#ifndef TL_DETAIL_ABSENT_H
#define TL_DETAIL_ABSENT_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/infeasible.h>

// Weak like tl_rt_infeasible: without it, a session finds out by running the variant.
extern "C" [[gnu::weak]] void tl_rt_absent(const void *function, const char *reason);
extern "C" [[gnu::weak]] void tl_rt_illegal(const void *function, const char *reason);

namespace tl::detail {

/// The body of a variant that is absent. Reached by a call that names the config, and by a trial
/// under a runtime that knows no absent variants.
[[noreturn]] inline void absent_variant(const char *reason) { TL_THROW(infeasible(reason)); }

/// Tells the runtime that `function` is such a variant, for as long as its image is loaded.
class absent_registration {
public:
  absent_registration(const void *function, const char *reason) : function_(function) {
    if (&tl_rt_absent)
      tl_rt_absent(function, reason);
  }
  ~absent_registration() {
    if (&tl_rt_absent)
      tl_rt_absent(function_, nullptr);
  }
  absent_registration(const absent_registration &) = delete;
  absent_registration &operator=(const absent_registration &) = delete;

private:
  const void *function_;
};

/// The same for a variant that can never run. Unlike what did not compile, it is no other code
/// where it is missing: results are shared with programs that have it.
class illegal_registration {
public:
  illegal_registration(const void *function, const char *reason) : function_(function) {
    if (&tl_rt_illegal)
      tl_rt_illegal(function, reason);
  }
  ~illegal_registration() {
    if (&tl_rt_illegal)
      tl_rt_illegal(function_, nullptr);
  }
  illegal_registration(const illegal_registration &) = delete;
  illegal_registration &operator=(const illegal_registration &) = delete;

private:
  const void *function_;
};

} // namespace tl::detail

#endif
