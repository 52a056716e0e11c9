// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/forced_config.h"

#include "runtime/tuner/registry.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace tl::rt {

static std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(part.size() < text.size() ? part.size() + 1 : text.size());
    parts.push_back(part);
  }
  return parts;
}

static std::map<std::string_view, std::string_view> fields_of(std::string_view config) {
  std::map<std::string_view, std::string_view> fields;
  for (const std::string_view field : split(config, ','))
    fields[field.substr(0, field.find('='))] = field.find('=') == std::string_view::npos
                                                   ? std::string_view{}
                                                   : field.substr(field.find('=') + 1);
  return fields;
}

forced_config find_forced_config(const tl_factory &factory, std::string_view text) {
  forced_config result;
  for (std::string_view entry : split(text, ';')) {
    // The factory's name may hold "::", a config never a colon.
    if (const std::size_t colon = entry.rfind(':'); colon != std::string_view::npos) {
      const std::string_view name = entry.substr(0, colon);
      if (name != factory.name && name != factory.id)
        continue;
      entry.remove_prefix(colon + 1);
    }
    auto wanted = fields_of(factory.configs[factory.default_variant]);
    for (const auto &[field, value] : fields_of(entry)) {
      if (!wanted.contains(field)) {
        result.error =
            fmt::format("TL_FORCE_CONFIG: {} has no tunable '{}'; its default config is {}",
                        factory.name, field, factory.configs[factory.default_variant]);
        return result;
      }
      wanted[field] = value;
    }
    for (std::uint32_t i = 0; i < factory.variant_count; ++i)
      if (fields_of(factory.configs[i]) == wanted)
        result.variant = i;
    if (result.variant == UINT32_MAX)
      result.error =
          fmt::format("TL_FORCE_CONFIG: '{}' is none of the {} configs of {} that were compiled",
                      entry, factory.variant_count, factory.name);
    return result;
  }
  return result;
}

} // namespace tl::rt
