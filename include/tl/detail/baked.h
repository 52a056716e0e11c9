// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners that are compiled into a program (-fplugin-arg-tl-use): the plugin makes one object for
// each factory that has some, which lets the runtime know.

#ifndef TL_DETAIL_BAKED_H
#define TL_DETAIL_BAKED_H

#include <tl/language.h>

// Weak: with a runtime that knows nothing of it, a program tunes as if it had none.
extern "C" [[gnu::weak]] void tl_rt_bake(const void *slot, const char *table);

namespace tl::detail {

/// Tells the runtime the winners of the factory whose dispatcher has this slot, for as long as the
/// image is loaded. runtime/factory/baked.h says what a table is.
class baked_registration {
public:
  baked_registration(const void *slot, const char *table) : slot_(slot) {
    if (&tl_rt_bake)
      tl_rt_bake(slot, table);
  }
  ~baked_registration() {
    if (&tl_rt_bake)
      tl_rt_bake(slot_, nullptr);
  }
  baked_registration(const baked_registration &) = delete;
  baked_registration &operator=(const baked_registration &) = delete;

private:
  const void *slot_;
};

} // namespace tl::detail

#endif
