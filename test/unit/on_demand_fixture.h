// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A space of 120,000 combinations, and a directory for what is compiled of it.

#ifndef TL_TEST_UNIT_ON_DEMAND_FIXTURE_H
#define TL_TEST_UNIT_ON_DEMAND_FIXTURE_H

#include <tl/abi.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace tl::rt::demand {

// 50 x 40 x 60 = 120,000 combinations, of which the predicate admits those with a <= b + 30.
struct made_up_space {
  made_up_space() {
    const std::uint32_t counts[] = {50, 40, 60};
    const char *const names[] = {"a", "b", "c"};
    // Items stand in another order than axes, and one is no axis.
    const std::uint32_t item[] = {2, 0, 3};
    for (int axis = 0; axis < 3; ++axis) {
      for (std::uint32_t i = 0; i < counts[axis]; ++i)
        texts[axis] += (i ? "\n" : "") + std::string(names[axis]) + "=" + std::to_string(i);
      axes[axis] = {texts[axis].c_str(), counts[axis], item[axis]};
    }
    row.struct_size = sizeof row;
    row.axis_count = 3;
    row.axes = axes;
    row.items = items;
    row.item_count = 4;
    row.combinations = 120'000;
    row.space = this;
    row.admits = [](const void *self, std::uint64_t combination) {
      ++static_cast<const made_up_space *>(self)->asked;
      return combination / 2400 <= combination / 60 % 40 + 30;
    };
    row.record = record;
    row.made_by = "somebody";
    row.code = "0";
    factory.struct_size = sizeof factory;
    factory.abi_version = TL_ABI_VERSION;
    factory.id = factory.name = "made_up";
    factory.variant_count = 1;
    factory.configs = configs;
    factory.functions = functions;
    factory.slot = &slot;
    factory.on_demand = &row;
  }
  mutable std::size_t asked = 0;
  std::string texts[3];
  tl_axis axes[3] = {};
  const char *items = "b=0\nd={1,2}\na=0\nc=0";
  const char *configs[1] = {"b=0,d={1,2},a=0,c=0"};
  void *functions[1] = {this};
  const char *record = "tl-compile 1\nnot made up\n";
  tl_dispatch_slot slot{};
  tl_on_demand row{};
  tl_factory factory{};
};

/// A directory that goes with it.
struct scratch {
  scratch() {
    char name[] = "/tmp/tl-on-demand-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path;
};

inline void put(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), 0600);
}

} // namespace tl::rt::demand

#endif
