// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/baked.h"

#include "runtime/factory/absent.h"
#include "runtime/support/log.h"
#include "runtime/support/mutex.h"

#include <tl/detail/baked.h>

#include <algorithm>
#include <exception>
#include <map>

namespace tl::rt {
namespace {

struct baked_tables {
  mutex guard;
  std::map<const void *, const char *> all TL_GUARDED_BY(guard); ///< by dispatch slot
};

baked_tables &known() {
  static auto *it = new baked_tables; // never destroyed: images unload in any order
  return *it;
}

/// Takes what stands before the next `end`, all where there is none.
std::string_view take(std::string_view &rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

/// The lines behind the first one; nothing where there is no table, or one for other code.
std::string_view lines_of(const tl_factory &factory) {
  const char *text = nullptr;
  {
    baked_tables &tables = known();
    const mutex_lock lock(tables.guard);
    const auto found = tables.all.find(factory.slot);
    if (found != tables.all.end())
      text = found->second;
  }
  if (!text)
    return {};
  std::string_view rest = text;
  std::string_view first = take(rest, '\n');
  const bool known_format = take(first, '\t') == "tl-baked" && take(first, '\t') == "1";
  take(first, '\t');
  const bool same_code =
      take(first, '\t') == factory.id && take(first, '\t') == factory.fingerprint;
  return known_format && same_code ? rest : std::string_view();
}

/// Visits the winners of the devices that `matches`; ends where `visit` returns true.
template <class Matches, class Visit>
void walk(std::string_view lines, std::string_view mode, Matches matches, Visit visit) {
  bool wanted = false;
  while (!lines.empty()) {
    std::string_view line = take(lines, '\n');
    const std::string_view kind = take(line, '\t');
    if (kind == "d")
      wanted = take(line, '\t') == mode && matches(line);
    else if (kind == "w" && wanted && visit(line))
      return;
  }
}

/// The line behind its first field; without a variant where the config was not compiled.
baked_winner read_winner(const tl_factory &factory, std::string_view line) {
  baked_winner made;
  made.problem = take(line, '\t');
  made.config = take(line, '\t');
  while (!line.empty())
    made.facts.push_back(take(line, '\t'));
  made.variant = find_present(factory, made.config);
  return made;
}

/// The winners of a device, or else of one with the same hardware; of one problem if it is given.
std::vector<baked_winner> find_lines(const tl_factory &factory, std::string_view device,
                                     std::string_view mode,
                                     std::optional<std::string_view> problem) {
  const std::string_view lines = lines_of(factory);
  std::vector<baked_winner> found;
  if (lines.empty())
    return found;
  const auto add = [&](std::string_view line) {
    std::string_view rest = line;
    if (problem && take(rest, '\t') != *problem)
      return false;
    if (baked_winner it = read_winner(factory, line); it.variant != UINT32_MAX)
      found.push_back(std::move(it));
    return problem.has_value();
  };
  walk(lines, mode, [&](std::string_view it) { return it == device; }, add);
  if (!found.empty())
    return found;
  const std::string hardware = hardware_of(device);
  walk(lines, mode, [&](std::string_view it) { return hardware_of(it) == hardware; }, add);
  for (baked_winner &it : found)
    it.other_versions = true;
  return found;
}

} // namespace

std::string hardware_of(std::string_view identity) {
  static constexpr std::string_view versions[] = {"driver", "cuda", "hip"};
  std::string kept;
  while (!identity.empty()) {
    const std::string_view field = take(identity, ';');
    if (std::ranges::find(versions, field.substr(0, field.find('='))) == std::end(versions))
      (kept += kept.empty() ? "" : ";") += field;
  }
  return kept;
}

std::optional<baked_winner> find_baked(const tl_factory &factory, std::string_view device,
                                       std::string_view mode, std::string_view problem) {
  std::vector<baked_winner> found = find_lines(factory, device, mode, problem);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<baked_winner> list_baked(const tl_factory &factory, std::string_view device,
                                     std::string_view mode) {
  return find_lines(factory, device, mode, std::nullopt);
}

} // namespace tl::rt

/// With a null table, those of the slot are forgotten: its image is unloaded.
extern "C" void tl_rt_bake(const void *slot, const char *table) {
  try {
    tl::rt::baked_tables &tables = tl::rt::known();
    const tl::rt::mutex_lock lock(tables.guard);
    if (table)
      tables.all[slot] = table;
    else
      tables.all.erase(slot);
  } catch (const std::exception &error) {
    // Then the program tunes, or asks its database.
    tl::rt::log_debug(error.what());
  }
}
