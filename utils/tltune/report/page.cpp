// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "report/page.h"
#include "database.h"
#include "format.h"
#include "report/charts.h"
#include "report/page_template.h"
#include "resources.h"
#include "runtime/store/statement.h"
#include "runtime/support/config_text.h"
#include "short_name.h"

#include <tl/version.h>

#include <fmt/format.h>

#include <algorithm>

namespace tl::tool {

using namespace rt::store;

static std::string tile(const std::string &title, const std::string &value,
                        const std::string &note) {
  return fmt::format(R"(<div class="tile"><span>{}</span><strong>{}</strong><em>{}</em></div>)",
                     escape(title), escape(value), escape(note));
}

static std::string tiles(const space_view &view) {
  const session_bundle &s = *view.session;
  std::string out = R"(<div class="tiles">)";
  if (s.best) {
    out += tile("Winner", format_time(s.best->median_ns), view.label(s.best->config));
    if (s.best->default_median_ns > 0)
      out += tile("Speed-up over the default",
                  format_speedup(s.best->default_median_ns, s.best->median_ns),
                  "default " + format_time(s.best->default_median_ns) + " with " +
                      view.difference(s.factory.default_config, s.best->config));
    if (s.best->reference_median_ns > 0)
      out += tile("Reference", format_time(s.best->reference_median_ns),
                  format_speedup(s.best->reference_median_ns, s.best->median_ns) +
                      " of the winner's time");
    if (s.best->confidence > 0)
      out += tile("Confidence", describe_confidence(s.best->confidence),
                  "that no other variant is more than 1 % faster");
    if (!s.best->runner_up.empty())
      out += tile("Runner-up", describe_margin(s.best->margin),
                  view.difference(s.best->runner_up, s.best->config));
  } else {
    out += tile("Winner", "none", "the default config runs");
  }
  const std::size_t tried = view.ranked.size() + view.failed.size();
  out += tile(
      "Trials", fmt::format("{}", tried),
      fmt::format("{} with a time, {} rejected{}", view.ranked.size(), view.failed.size(),
                  view.not_eligible ? fmt::format(", {} not eligible", view.not_eligible) : ""));
  if (!s.session.compared.empty())
    out += tile("Compared", "results", s.session.compared);
  return out + "</div>\n";
}

static std::string figure(const char *title, const std::string &text, const std::string &chart,
                          const char *kind = "") {
  return fmt::format("<figure{}><h3>{}</h3><figcaption>{}</figcaption>{}</figure>\n", kind, title,
                     text, chart);
}

static std::string trial_table(const space_view &view, std::size_t limit) {
  std::vector<const trial *> rows;
  for (const ranked_trial &r : view.ranked)
    rows.push_back(r.data);
  rows.insert(rows.end(), view.failed.begin(), view.failed.end());
  std::string out =
      "<details><summary>Trials as a table</summary><div class=\"scroll\"><table><thead><tr>";
  for (const tunable &t : view.tunables)
    out += "<th>" + escape(t.name) + "</th>";
  out += "<th>status</th><th>median</th><th>spread</th><th>samples</th><th class=\"text\">reason "
         "or resources</th></tr></"
         "thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(limit, rows.size()); ++i) {
    const trial &t = *rows[i];
    out += "<tr>";
    const auto fields = rt::read_config(t.config);
    for (const tunable &column : view.tunables) {
      const auto field = std::find_if(fields.begin(), fields.end(),
                                      [&](const auto &f) { return f.name == column.name; });
      out += "<td>" + (field == fields.end() ? "" : escape(field->value)) + "</td>";
    }
    out += fmt::format(
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>\n",
        to_string(t.status), format_time(t.median_ns),
        t.median_ns > 0 ? format_percent(t.spread_ns / t.median_ns, 2) : "-", t.samples_ns.size(),
        escape(t.reason.empty() ? resource_summary(t.resources) : t.reason));
  }
  out += "</tbody></table></div>";
  if (rows.size() > limit)
    out += fmt::format(
        "<p class=\"unit\">The first {} of {}; <code>tltune show --limit 0</code> prints all.</p>",
        limit, rows.size());
  return out + "</details>\n";
}

static std::string section(const session_bundle &bundle, std::size_t index,
                           const page_options &options) {
  const space_view view(bundle);
  std::string out = fmt::format(
      "<section id=\"p{}\"><h2>{}</h2><p class=\"where\">{}{} &middot; {} caches{}{}</p>\n", index,
      escape(bundle.factory.name),
      bundle.problem.empty() ? "" : escape(bundle.problem) + " &middot; ",
      escape(device_name(bundle.device.identity)), to_string(bundle.mode),
      bundle.factory.location.empty() ? "" : " &middot; " + escape(bundle.factory.location),
      bundle.session.started > 1 ? " &middot; " + format_date(bundle.session.started) + " UTC"
                                 : "");
  if (bundle.session.state != session_state::finished)
    out += fmt::format("<p class=\"warn\">This session is not finished ({}): what follows is the "
                       "state so far.</p>",
                       to_string(bundle.session.state));
  else if (bundle.best && describe_state(*bundle.best) != to_string(winner_state::final))
    out += fmt::format("<p class=\"warn\">The winner is {}: see its confidence.</p>",
                       describe_state(*bundle.best));
  out += tiles(view);
  if (!view.constants.empty())
    out += "<p class=\"where\">The same in all configs: " + escape(view.constants) + "</p>\n";
  if (!view.ranked.empty()) {
    out += figure(
        "The fastest configs",
        std::string(
            "The winner in full, the others by what they have other than it. Dot: median. Thick: "
            "95 % "
            "interval of the median, from order statistics, where there are six samples. Thin: "
            "5 % to 95 % of the samples, as far as the axis reaches.") +
            (view.winner.value_or(0) > 0 ? " The winner was chosen with the drift of clocks taken "
                                           "out, which these medians are "
                                           "not; a config with few samples may stand above it."
                                         : ""),
        ranked_chart(view, options.ranked));
    out += figure("The whole space", "Each config's median, sorted.", space_chart(view));
    if (!view.tunables.empty() && view.ranked.size() > 1) {
      out += figure("Each tunable against time",
                    "Dots: configs. Line: the fastest config with that value. Ring: the winner.",
                    tunable_charts(view));
      out += figure("Configs across tunables",
                    "Strong: the winner. Blue: the other fast configs. Grey: a choice of the rest. "
                    "The fastest are at the top of the last axis.",
                    parallel_chart(view), " class=\"sideways\"");
    }
  }
  if (!view.failed.empty())
    out += figure("Rejected, by reason",
                  "Numbers in reasons are those of the first config of each kind.",
                  failure_chart(view));
  return out + trial_table(view, options.table) + "</section>\n";
}

static std::string overview(const std::vector<session_bundle> &sessions) {
  std::string out =
      "<nav class=\"scroll\"><table><thead><tr><th class=\"text\">factory</th>"
      "<th class=\"text\">problem</th><th class=\"text\">device</th><th>time</th>"
      "<th>speed-up</th><th>sure</th><th class=\"text\">winner</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const session_bundle &s = sessions[i];
    out += fmt::format("<tr><td class=\"text long\"><a href=\"#p{}\" title=\"{}\">{}</a></td><td "
                       "class=\"text\">{}</td>"
                       "<td class=\"text\">{}</td>",
                       i, escape(s.factory.name), escape(short_name(s.factory.name)),
                       escape_list(s.problem), escape(device_name(s.device.identity)));
    if (s.best)
      out += fmt::format("<td>{}</td><td>{}</td><td>{}</td><td class=\"text long\">{}</td></tr>\n",
                         format_time(s.best->median_ns),
                         format_speedup(s.best->default_median_ns, s.best->median_ns),
                         s.best->confidence > 0 ? describe_confidence(s.best->confidence) : "-",
                         escape_list(s.best->config));
    else
      out += "<td>-</td><td>-</td><td>-</td><td class=\"text\">none</td></tr>\n";
  }
  return out + "</tbody></table></nav>\n";
}

static void replace(std::string &text, std::string_view what, const std::string &with) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos)
    text.replace(at, what.size(), with);
}

std::string render_page(const std::vector<session_bundle> &sessions, const page_options &options) {
  std::string body;
  if (sessions.size() > 1)
    body += overview(sessions);
  for (std::size_t i = 0; i < sessions.size(); ++i)
    body += section(sessions[i], i, options);
  const std::string title = !options.title.empty() ? options.title
                            : sessions.size() == 1
                                ? sessions.front().factory.name + " " + sessions.front().problem
                                : fmt::format("{} tuned problems", sessions.size());
  std::string page = page_template;
  replace(page, "{{title}}", escape(title));
  replace(page, "{{heading}}",
          sessions.size() > 1 || !options.title.empty() ? "<h1>" + escape(title) + "</h1>" : "");
  replace(page, "{{foot}}",
          "tltune " TL_VERSION_STRING " &middot; " + escape(options.source) + " &middot; " +
              format_date(now_ms()) + " UTC");
  replace(page, "{{body}}", body);
  return page;
}

} // namespace tl::tool
