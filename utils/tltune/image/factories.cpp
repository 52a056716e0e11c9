// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "image/factories.h"

#include <tl/abi.h>

#include <cstddef>
#include <string_view>

namespace tl::tool::image {

/// The descriptor is the static variable `factory` of the function __tl_factory_H: see
/// tl/detail/dispatch.h.
static bool is_descriptor(const symbol &it) {
  constexpr std::string_view end = "vE7factory";
  const std::size_t name = it.name.find("__tl_factory_");
  return it.object && it.name.starts_with("_ZZ") && name != std::string_view::npos &&
         it.name.find(end, name) != std::string_view::npos;
}

static factory_in_file read_factory(const elf_file &file, std::uint64_t at) {
  const auto text = [&](std::size_t field) {
    return std::string(file.text_at(file.pointer_at(at + field)));
  };
  factory_in_file made;
  made.abi = file.value_at<std::uint32_t>(at + offsetof(tl_factory, abi_version));
  made.id = text(offsetof(tl_factory, id));
  made.name = text(offsetof(tl_factory, name));
  made.fingerprint = text(offsetof(tl_factory, fingerprint));
  made.location = text(offsetof(tl_factory, file)) + ":" +
                  std::to_string(file.value_at<std::uint64_t>(at + offsetof(tl_factory, line)));
  made.default_variant = file.value_at<std::uint32_t>(at + offsetof(tl_factory, default_variant));
  const auto count = file.value_at<std::uint32_t>(at + offsetof(tl_factory, variant_count));
  const std::uint64_t configs = file.pointer_at(at + offsetof(tl_factory, configs));
  const std::uint64_t functions = file.pointer_at(at + offsetof(tl_factory, functions));
  for (std::uint64_t i = 0; i < count; ++i)
    made.variants.push_back({std::string(file.text_at(file.pointer_at(configs + 8 * i))),
                             file.pointer_at(functions + 8 * i)});
  return made;
}

std::vector<factory_in_file> find_factories(const elf_file &file, std::size_t &others) {
  std::vector<factory_in_file> all;
  for (const symbol &it : file.symbols()) {
    if (!is_descriptor(it))
      continue;
    if (file.value_at<std::uint32_t>(it.address) == TL_ABI_VERSION)
      all.push_back(read_factory(file, it.address));
    else
      ++others;
  }
  return all;
}

} // namespace tl::tool::image
