// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/birth_map.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace tl::rt {

/// Written before the threads that read it are made. Most pages of it are never touched.
static std::array<birth_mapping, 65537> mapped;
static std::size_t mapped_count = 0;

// Without an allocation, and without more than a piece of the text at a time.
void note_birth_map() noexcept {
  mapped_count = 0;
  const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return;
  std::uintptr_t numbers[2] = {0, 0};
  int number = 0; // that is being read; 2: the rest of the line
  char text[4096];
  for (ssize_t got; (got = ::read(file, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < got; ++i) {
      const char c = text[i];
      const bool ends = (number == 0 && c == '-') || (number == 1 && c == ' ');
      if (c == '\n') {
        numbers[0] = numbers[1] = 0;
        number = 0;
      } else if (ends) {
        if (++number < 2)
          continue;
        if (mapped_count + 1 < mapped.size())
          mapped[mapped_count++] = {numbers[0], numbers[1]};
        else
          mapped[mapped_count] = {mapped[mapped_count - 1].end, UINTPTR_MAX};
      } else if (number < 2) {
        numbers[number] =
            numbers[number] * 16 + static_cast<std::uintptr_t>(c <= '9' ? c - '0' : c - 'a' + 10);
      }
    }
  ::close(file);
  if (mapped_count + 1 == mapped.size() && mapped[mapped_count].end != 0)
    ++mapped_count;
}

std::span<const birth_mapping> birth_map() noexcept { return {mapped.data(), mapped_count}; }

bool mapped_at_birth(std::uintptr_t address) noexcept {
  const std::span<const birth_mapping> all = birth_map();
  const auto found =
      std::upper_bound(all.begin(), all.end(), address,
                       [](std::uintptr_t at, const birth_mapping &it) { return at < it.end; });
  return found != all.end() && address >= found->begin;
}

} // namespace tl::rt
