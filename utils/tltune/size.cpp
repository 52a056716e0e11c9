// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune size: what the variants make of a program.

#include "command.h"
#include "exit_code.h"
#include "failure.h"
#include "files.h"
#include "format.h"
#include "image/attribution.h"
#include "json.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

namespace tl::tool {

namespace {

struct size_options {
  std::string program;
  std::size_t limit = 20;
};

struct factory_total {
  std::size_t variants = 0;
  std::uint64_t bytes = 0, largest = 0;
};

struct measured_program {
  std::uint64_t bytes = 0;
  std::vector<image::factory_in_file> factories;
  std::vector<image::piece> pieces; ///< the largest first
};

} // namespace

static measured_program measure(const std::string &path) {
  const std::string content = read_file(path);
  try {
    const image::elf_file file(content);
    if (!file.is_linked())
      throw failure(exit_file, path + ": an object file, expected a program or shared library");
    std::size_t others = 0;
    measured_program made;
    made.bytes = content.size();
    made.factories = image::find_factories(file, others);
    if (made.factories.empty() && !file.has_symbol_table())
      throw failure(exit_file, path + " is stripped, expected it with its symbols");
    if (made.factories.empty())
      throw failure(exit_file, path + (others != 0 ? " holds factories of another ABI version only"
                                                   : " holds no factory"));
    made.pieces = image::attribute(file, made.factories, image::find_device_code(file));
    std::stable_sort(made.pieces.begin(), made.pieces.end(),
                     [](const auto &a, const auto &b) { return a.bytes > b.bytes; });
    return made;
  } catch (const image::malformed &why) {
    throw failure(exit_file, path + ": " + why.what());
  }
}

static void print_factories(const output &out, const measured_program &program) {
  std::map<std::pair<std::string, std::string>, factory_total> totals;
  std::uint64_t attributed = 0;
  for (const image::piece &it : program.pieces) {
    factory_total &to = totals[{it.factory, it.architecture}];
    ++to.variants;
    to.bytes += it.bytes;
    to.largest = std::max(to.largest, it.bytes);
    attributed += it.factory.empty() ? 0 : it.bytes;
  }
  table rows({{"factory", false, true},
              {"for"},
              {"variants", true},
              {"bytes", true},
              {"of the program", true},
              {"largest", true}});
  const double all = static_cast<double>(program.bytes);
  for (const auto &[key, it] : totals)
    if (!key.first.empty())
      rows.add({key.first, key.second, std::to_string(it.variants), std::to_string(it.bytes),
                format_percent(static_cast<double>(it.bytes) / all), std::to_string(it.largest)});
  for (const image::piece &it : program.pieces)
    if (it.factory.empty())
      rows.add({it.config == "compressed" ? "device code, compressed" : "other device code",
                it.architecture, "-", std::to_string(it.bytes),
                format_percent(static_cast<double>(it.bytes) / all), "-"});
  std::fputs(rows.render(out).c_str(), stdout);
  std::printf("%llu bytes, %llu of them in variants\n",
              static_cast<unsigned long long>(program.bytes),
              static_cast<unsigned long long>(attributed));
}

static void print_variants(const output &out, const measured_program &program, std::size_t limit) {
  table rows({{"factory", false, true}, {"config", false, true}, {"for"}, {"bytes", true}});
  std::size_t shown = 0, all = 0;
  for (const image::piece &it : program.pieces) {
    if (it.factory.empty())
      continue;
    ++all;
    if (limit != 0 && shown == limit)
      continue;
    ++shown;
    rows.add({it.factory, it.config, it.architecture, std::to_string(it.bytes)});
  }
  std::fputs(rows.render(out).c_str(), stdout);
  if (shown < all)
    std::printf("... %zu more (--limit 0 shows all)\n", all - shown);
}

static void size(context &ctx, const size_options &options) {
  const measured_program program = measure(options.program);
  ctx.status = exit_ok;
  if (ctx.json) {
    json factories = json::array(), pieces = json::array();
    for (const image::factory_in_file &it : program.factories)
      factories.push_back({{"id", it.id},
                           {"name", it.name},
                           {"location", it.location},
                           {"fingerprint", it.fingerprint},
                           {"variants", it.variants.size()},
                           {"default_config", it.default_variant < it.variants.size()
                                                  ? it.variants[it.default_variant].config
                                                  : ""}});
    for (const image::piece &it : program.pieces)
      pieces.push_back({{"factory", it.factory},
                        {"config", it.config},
                        {"architecture", it.architecture},
                        {"bytes", it.bytes}});
    return print({{"file", options.program},
                  {"bytes", program.bytes},
                  {"factories", factories},
                  {"variants", pieces}});
  }
  const output out = output::standard(ctx.color);
  print_factories(out, program);
  std::printf("\n");
  print_variants(out, program, options.limit);
}

void add_size(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("size", "List a program's bytes per factory, variant and architecture");
  const auto options = std::make_shared<size_options>();
  command->add_option("program", options->program, "Program or shared library, with its symbols")
      ->type_name("")
      ->required();
  command->add_option("--limit", options->limit, "Most variants to list, 0 for all, default 20")
      ->type_name("N")
      ->check(whole_number);
  command->callback([&ctx, options] { size(ctx, *options); });
}

} // namespace tl::tool
