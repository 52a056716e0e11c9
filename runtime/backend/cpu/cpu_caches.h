// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The caches of this machine's processors.

#ifndef TL_RUNTIME_BACKEND_CPU_CPU_CACHES_H
#define TL_RUNTIME_BACKEND_CPU_CPU_CACHES_H

#include <cstddef>
#include <string>
#include <vector>

namespace tl::rt {

struct cpu_cache {
  int level = 0;
  std::string type;      ///< "Data", "Instruction", "Unified"
  std::size_t bytes = 0; ///< of one cache [bytes]
};

/// Caches of processor 0, by level; empty where the system does not tell. `root` is "/sys" but in
/// tests.
std::vector<cpu_cache> read_caches(const std::string &root = "/sys");

/// The largest of them; 0 where the system does not tell [bytes].
std::size_t largest_cache_bytes();

/// How much memory has to be touched so that nothing older is left in any cache [bytes].
std::size_t cache_flush_bytes();

} // namespace tl::rt

#endif
