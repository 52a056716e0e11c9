// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Linux knows of an AMD GPU and HIP does not tell: its dies, the cache behind their L2, and
// the power that it may draw.

#ifndef TL_RUNTIME_BACKEND_HIP_TOPOLOGY_H
#define TL_RUNTIME_BACKEND_HIP_TOPOLOGY_H

#include <cstdint>
#include <string>

namespace tl::rt::hip {

/// Zero: not known.
struct topology {
  unsigned dies = 0;                   ///< XCDs, each of which has an L2 of its own
  std::uint64_t l2_bytes = 0;          ///< of one die [bytes]
  std::uint64_t last_level_bytes = 0;  ///< of the Infinity Cache behind all of them [bytes]
  std::uint64_t power_limit_watts = 0; ///< [W]

  /// All of the cache that a buffer may stay in between two launches: the larger of all L2 together
  /// and what is behind them. `l2_fallback` counts where the L2 is not known [bytes].
  std::uint64_t cache_bytes(std::uint64_t l2_fallback) const;
};

/// Of the GPU with this PCI bus id ("0000:c1:00.0"). `root` is "/sys" but in tests.
topology read_topology(const std::string &pci_bus_id, const std::string &root = "/sys");

/// Share of the last moments in which that GPU was busy; -1: not known [%].
int read_busy_percent(const std::string &pci_bus_id, const std::string &root = "/sys");

} // namespace tl::rt::hip

#endif
