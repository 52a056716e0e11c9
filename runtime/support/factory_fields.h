// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which fields of a descriptor there are: a program may be older than the runtime.

#ifndef TL_RUNTIME_SUPPORT_FACTORY_FIELDS_H
#define TL_RUNTIME_SUPPORT_FACTORY_FIELDS_H

#include <tl/abi.h>

#include <cstddef>

namespace tl::rt {

/// Whether a descriptor goes on to tl_factory::arguments and what was added with it.
inline bool has_tables(const tl_factory &factory) {
  return factory.struct_size >= offsetof(tl_factory, own_key) + sizeof(factory.own_key);
}

} // namespace tl::rt

#endif
