// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/forced_config.h"

#include "runtime/support/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tl::rt {

static constexpr std::size_t npos = std::string_view::npos;

/// Spaces in a type's name are a matter of taste.
static std::string without_spaces(std::string_view value) {
  std::string text(value);
  if (!text.starts_with("\""))
    std::erase(text, ' ');
  return text;
}

static std::vector<config_field> fields_of(std::string_view config) {
  std::vector<config_field> fields = read_config(config);
  for (config_field &field : fields) {
    field.name = without_spaces(field.name);
    field.value = without_spaces(field.value);
  }
  return fields;
}

static const config_field *find(const std::vector<config_field> &fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const config_field &field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

/// Whether a config has all that is wanted, and what is not spoken of as the default config has it.
/// `exactly`: it has all that the default config has. Otherwise what one of them lacks (another
/// member of a union) may be anything in the other.
static bool matches(const std::vector<config_field> &config,
                    const std::vector<config_field> &wanted,
                    const std::vector<config_field> &by_default, bool exactly) {
  for (const config_field &field : wanted)
    if (const config_field *has = find(config, field.name); !has || has->value != field.value)
      return false;
  return std::all_of(by_default.begin(), by_default.end(), [&](const config_field &field) {
    const config_field *has = find(config, field.name);
    return has ? find(wanted, field.name) || has->value == field.value : !exactly;
  });
}

/// Takes "factory:" off an entry. False: it is for another factory.
static bool take_factory(const tl_factory &factory, std::string_view &entry) {
  for (const std::string_view name : {std::string_view(factory.name), std::string_view(factory.id)})
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with(':') &&
        !entry.substr(name.size()).starts_with("::")) {
      entry.remove_prefix(name.size() + 1);
      return true;
    }
  // A colon in a config is part of "::" or in quotes.
  return find_outside(entry, ':') == npos;
}

static forced_config find_entry(const tl_factory &factory, std::string_view entry) {
  forced_config result;
  const auto wanted = fields_of(entry);
  std::vector<std::vector<config_field>> configs;
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    configs.push_back(fields_of(factory.configs[i]));
  for (const config_field &field : wanted)
    if (std::none_of(configs.begin(), configs.end(),
                     [&](const auto &config) { return find(config, field.name); })) {
      result.error =
          fmt::format("TL_FORCE_CONFIG: {} has no tunable '{}'; its default config is {}",
                      factory.name, field.name, factory.configs[factory.default_variant]);
      return result;
    }
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (entry == factory.configs[i]) { // its very name
      result.variant = i;
      return result;
    }
  std::uint32_t found = 0;
  for (const bool exactly : {true, false}) {
    if (found > 0)
      break;
    for (std::uint32_t i = 0; i < factory.variant_count; ++i)
      if (matches(configs[i], wanted, configs[factory.default_variant], exactly)) {
        result.variant = i;
        ++found;
      }
  }
  if (found == 0)
    for (const config_field &field : read_config(factory.configs[factory.default_variant])) {
      const config_field *const given = find(wanted, field.name);
      result.completed += fmt::format("{}{}={}", result.completed.empty() ? "" : ",", field.name,
                                      given ? given->value : field.value);
    }
  if (found == 0)
    result.error =
        fmt::format("TL_FORCE_CONFIG: '{}' is none of the {} configs of {} that were compiled",
                    entry, factory.variant_count, factory.name);
  if (found > 1) {
    result.variant = UINT32_MAX;
    result.error = fmt::format("TL_FORCE_CONFIG: '{}' is {} of the {} configs of {}; give a whole "
                               "config as 'tltune show' prints it",
                               entry, found, factory.variant_count, factory.name);
  }
  return result;
}

forced_config find_forced_config(const tl_factory &factory, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = find_outside(text, ';');
    std::string_view entry = text.substr(0, end);
    text = end == npos ? std::string_view() : text.substr(end + 1);
    if (!entry.empty() && take_factory(factory, entry))
      return find_entry(factory, entry);
  }
  return {};
}

} // namespace tl::rt
