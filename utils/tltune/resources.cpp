// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "resources.h"
#include "format.h"
#include "json.h"

#include <algorithm>

namespace tl::tool {

/// The kernels of a variant; objects without a list of kernels count as one.
static json kernels_of(const std::string &text) {
  const json object = parse(text);
  if (!object.is_object() || object.empty())
    return json::array();
  return object.contains("kernels") ? object["kernels"] : json::array({object});
}

std::vector<std::pair<std::string, double>> resource_values(const std::string &text) {
  double registers = -1, local = -1, shared = -1, occupancy = -1;
  for (const json &kernel : kernels_of(text)) {
    if (!kernel.is_object())
      continue;
    const auto number = [&](const char *name) {
      const auto found = kernel.find(name);
      return found != kernel.end() && found->is_number() ? found->get<double>() : -1.0;
    };
    registers = std::max(registers, number("registers"));
    local = std::max(local, number("local_bytes"));
    const double fixed = number("static_shared_bytes"), dynamic = number("dynamic_shared_bytes");
    if (fixed >= 0 || dynamic >= 0)
      shared = std::max(shared, std::max(fixed, 0.0) + std::max(dynamic, 0.0));
    const double busy = number("occupancy");
    if (busy >= 0)
      occupancy = occupancy < 0 ? busy : std::min(occupancy, busy);
  }
  std::vector<std::pair<std::string, double>> values;
  const auto add = [&](const char *name, double value) {
    if (value >= 0)
      values.emplace_back(name, value);
  };
  add("registers", registers);
  add("local_bytes", local);
  add("shared_bytes", shared);
  add("occupancy", occupancy);
  return values;
}

std::string resource_summary(const std::string &text) {
  std::string summary;
  const auto add = [&](const std::string &piece) {
    summary += (summary.empty() ? "" : ", ") + piece;
  };
  for (const auto &[name, value] : resource_values(text)) {
    if (name == "registers")
      add(format_number(value) + " registers");
    else if (name == "local_bytes" && value > 0)
      add(format_number(value, 9) + " B spilled");
    else if (name == "shared_bytes" && value > 0)
      add(format_number(value, 9) + " B shared");
    else if (name == "occupancy")
      add("occupancy " + format_percent(value, 0));
  }
  const std::size_t kernels = kernels_of(text).size();
  if (kernels > 1)
    add(std::to_string(kernels) + " kernels");
  const json object = parse(text);
  if (object.is_object() && object.contains("unit") && object["unit"].is_string())
    add("on " + object["unit"].get<std::string>());
  return summary;
}

} // namespace tl::tool
