// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/hip/topology.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

namespace tl::rt::hip {

namespace fs = std::filesystem;

/// Lines of a name and a number, as KFD writes them.
static std::map<std::string, std::uint64_t> read_properties(const fs::path &file) {
  std::map<std::string, std::uint64_t> found;
  std::ifstream in(file);
  std::string name;
  std::uint64_t value = 0;
  while (in >> name >> value)
    found[name] = value;
  return found;
}

static std::uint64_t number(const std::map<std::string, std::uint64_t> &from, const char *name) {
  const auto found = from.find(name);
  return found == from.end() ? 0 : found->second;
}

/// The largest cache of each level.
static void read_caches(const fs::path &node, topology &to) {
  std::error_code error;
  for (const fs::directory_entry &it : fs::directory_iterator(node / "caches", error)) {
    const auto cache = read_properties(it.path() / "properties");
    const std::uint64_t bytes = number(cache, "size") * 1024;
    if (number(cache, "level") == 2)
      to.l2_bytes = std::max(to.l2_bytes, bytes);
    else if (number(cache, "level") == 3)
      to.last_level_bytes = std::max(to.last_level_bytes, bytes);
  }
}

static void read_power_limit(const fs::path &device, topology &to) {
  std::error_code error;
  for (const fs::directory_entry &it : fs::directory_iterator(device / "hwmon", error)) {
    std::uint64_t microwatts = 0;
    if (std::ifstream(it.path() / "power1_cap") >> microwatts)
      to.power_limit_watts = microwatts / 1'000'000;
  }
}

topology read_topology(const std::string &pci_bus_id, const std::string &root) {
  topology found;
  unsigned domain = 0, bus = 0, slot = 0, function = 0;
  if (std::sscanf(pci_bus_id.c_str(), "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
    return found;
  const std::uint64_t location = bus << 8 | slot << 3 | function;
  std::error_code error;
  const fs::path nodes = fs::path(root) / "class/kfd/kfd/topology/nodes";
  for (const fs::directory_entry &it : fs::directory_iterator(nodes, error)) {
    const auto node = read_properties(it.path() / "properties");
    // A node without SIMDs is a processor.
    if (number(node, "simd_count") == 0 || number(node, "domain") != domain ||
        (number(node, "location_id") & 0xffff) != location)
      continue;
    found.dies = static_cast<unsigned>(number(node, "num_xcc"));
    read_caches(it.path(), found);
  }
  read_power_limit(fs::path(root) / "bus/pci/devices" / pci_bus_id, found);
  return found;
}

int read_busy_percent(const std::string &pci_bus_id, const std::string &root) {
  int percent = -1;
  std::ifstream in(fs::path(root) / "bus/pci/devices" / pci_bus_id / "gpu_busy_percent");
  return in >> percent ? percent : -1;
}

std::uint64_t topology::cache_bytes(std::uint64_t l2_fallback) const {
  const std::uint64_t each = l2_bytes ? l2_bytes : l2_fallback;
  return std::max(each * std::max(dies, 1u), last_level_bytes);
}

} // namespace tl::rt::hip
