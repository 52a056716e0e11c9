// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune list --program: the winners that a program was built with.

#include "list_program.h"
#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "files.h"
#include "image/factories.h"
#include "json.h"

#include <cstdio>
#include <map>
#include <string_view>
#include <vector>

namespace tl::tool {

namespace {

/// A line of a table: see runtime/factory/baked.h.
struct compiled_winner {
  std::string hash, id, fingerprint, mode, device, problem, config;
};

} // namespace

static std::string_view take(std::string_view &rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

static void read_table(std::string_view text, std::vector<compiled_winner> &all) {
  compiled_winner made;
  std::string_view first = take(text, '\n');
  made.hash = take(first, '\t');
  made.id = take(first, '\t');
  made.fingerprint = take(first, '\t');
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view kind = take(line, '\t');
    if (kind == "d") {
      made.mode = take(line, '\t');
      made.device = line;
    } else if (kind == "w") {
      made.problem = take(line, '\t');
      made.config = take(line, '\t');
      all.push_back(made);
    }
  }
}

static std::vector<compiled_winner> find_tables(std::string_view content) {
  constexpr std::string_view magic = "tl-baked\t1\t";
  std::vector<compiled_winner> all;
  for (std::size_t at = content.find(magic); at != std::string_view::npos;
       at = content.find(magic, at + 1)) {
    const std::string_view rest = content.substr(at + magic.size());
    read_table(rest.substr(0, rest.find('\0')), all);
  }
  return all;
}

/// Names of factories by id; none of a program that was stripped.
static std::map<std::string, std::string> names_in(const std::string &program,
                                                   const std::string &content) {
  std::map<std::string, std::string> names;
  try {
    std::size_t others = 0;
    for (const image::factory_in_file &it : image::find_factories(image::elf_file(content), others))
      names[it.id] = it.name;
  } catch (const image::malformed &why) {
    throw failure(exit_file, program + ": " + why.what());
  }
  return names;
}

void list_program(context &ctx, const std::string &program) {
  const std::string content = read_file(program);
  const auto names = names_in(program, content);
  const auto name_of = [&](const std::string &id) {
    const auto found = names.find(id);
    return found == names.end() ? id : found->second;
  };
  const std::vector<compiled_winner> all = find_tables(content);
  ctx.status = all.empty() ? exit_findings : exit_ok;
  if (ctx.json) {
    json rows = json::array();
    for (const compiled_winner &it : all)
      rows.push_back({{"factory", name_of(it.id)},
                      {"id", it.id},
                      {"fingerprint", it.fingerprint},
                      {"winners_file", it.hash},
                      {"device", it.device},
                      {"mode", it.mode},
                      {"problem", it.problem},
                      {"config", it.config}});
    return print({{"program", program}, {"winners", rows}});
  }
  if (all.empty()) {
    std::fprintf(stderr, "tltune: %s was built without -fplugin-arg-tl-use\n", program.c_str());
    return;
  }
  table rows({{"factory", false, true},
              {"problem", false, true},
              {"device", false, true},
              {"mode"},
              {"winner", false, true},
              {"winners file"}});
  for (const compiled_winner &it : all)
    rows.add({name_of(it.id), it.problem, device_name(it.device), it.mode, it.config, it.hash});
  std::fputs(rows.render(output::standard(ctx.color)).c_str(), stdout);
}

} // namespace tl::tool
