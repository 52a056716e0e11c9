// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_caches.h"

#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tl::rt {

static std::string read_line(const std::string &path) {
  std::string text = read_small_file(path);
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

// "32K", "2M", as the kernel prints sizes.
static std::size_t parse_size(const std::string &text) {
  char *end = nullptr;
  const unsigned long long number = std::strtoull(text.c_str(), &end, 10);
  const std::size_t unit = *end == 'K'   ? 1u << 10
                           : *end == 'M' ? 1u << 20
                           : *end == 'G' ? 1u << 30
                                         : 1u;
  return static_cast<std::size_t>(number) * unit;
}

std::vector<cpu_cache> read_caches(const std::string &root) {
  std::vector<cpu_cache> caches;
  for (int index = 0;; ++index) {
    const std::string directory =
        fmt::format("{}/devices/system/cpu/cpu0/cache/index{}/", root, index);
    const std::string level = read_line(directory + "level");
    if (level.empty())
      break;
    caches.push_back({std::atoi(level.c_str()), read_line(directory + "type"),
                      parse_size(read_line(directory + "size"))});
  }
  std::sort(caches.begin(), caches.end(), [](const cpu_cache &a, const cpu_cache &b) {
    return std::pair(a.level, a.type) < std::pair(b.level, b.type);
  });
  return caches;
}

std::size_t largest_cache_bytes() {
  std::size_t largest = 0;
  for (const cpu_cache &cache : read_caches())
    largest = std::max(largest, cache.bytes);
  return largest;
}

std::size_t cache_flush_bytes() {
  constexpr std::size_t otherwise = std::size_t(64) << 20;
  const std::size_t largest = largest_cache_bytes();
  // Replacement is not exactly least recently used: a bit more than what fits.
  return largest == 0 ? otherwise : largest + largest / 2;
}

} // namespace tl::rt
