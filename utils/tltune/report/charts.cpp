// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "report/charts.h"
#include "format.h"
#include "report/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tl::tool {

using namespace rt::store;

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : harmless(text))
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += c;
    }
  return result;
}

std::string escape_list(std::string_view text) {
  std::string result;
  for (const char c : escape(text)) {
    result += c;
    if (c == ',')
      result += "<wbr>";
  }
  return result;
}

/// A plot area whose coordinates run from 0 to 1000 in both directions, however it is stretched.
static constexpr const char *plot_begin =
    R"(<svg class="area" viewBox="0 0 1000 1000" preserveAspectRatio="none">)";

static double y_of(double share) { return 1000 - 1000 * share; }

/// Sorted medians without the slowest twentieth, which would squeeze everything else.
static scale time_scale(const space_view &view) {
  const double best = view.ranked.front().data->median_ns;
  double high = view.ranked[(view.ranked.size() - 1) * 19 / 20].data->median_ns;
  if (view.default_config)
    high = std::max(high, view.ranked[*view.default_config].data->median_ns);
  high = std::max(high * 1.03, best * 1.05);
  return scale::logarithmic(best * std::pow(best / high, 0.05), high); // room below the best
}

/// Horizontal grid lines, and their labels in a column of their own.
static std::string y_labels(const scale &y, const std::vector<double> &ticks, double unit) {
  std::string out = R"(<svg class="ylabels">)";
  for (const double tick : ticks)
    out +=
        fmt::format(R"(<text x="100%" dx="-6" y="{:.2f}%" dy="0.32em" text-anchor="end">{}</text>)",
                    100 - 100 * y(tick), format_number(tick / unit));
  return out + "</svg>";
}

static std::string y_grid(const scale &y, const std::vector<double> &ticks) {
  std::string path;
  for (const double tick : ticks)
    path += fmt::format("M0 {:.1f}H1000", y_of(y(tick)));
  return fmt::format(R"(<path class="grid" d="{}"/>)", path);
}

static std::string dot(double x, double y) { return fmt::format("M{:.0f} {:.0f}h0.01", x, y); }

// --- Ranked trials
// ---------------------------------------------------------------------------------

static std::string ranked_row(const space_view &view, std::size_t index, const scale &x) {
  const ranked_trial &r = view.ranked[index];
  const auto percent = [&](double ns) { return 100 * x(ns); };
  const trial &best = *view.ranked.front().data;
  const trial &base = *view.ranked[view.winner.value_or(0)].data; // what labels are written against
  const bool few = r.data->samples_ns.size() < 6;                 // no interval: only their range
  const bool outside = r.data->median_ns > x.high();
  const char *kind = r.is_winner ? " winner" : r.is_default ? " default" : "";
  std::string marks;
  if (outside)
    marks =
        R"(<text class="beyond" x="100%" y="11" dy="0.34em" text-anchor="end">further right &#9656;</text>)";
  else
    marks = fmt::format(
        R"(<line class="range" x1="{:.2f}%" x2="{:.2f}%" y1="11" y2="11"/>{}<circle cx="{:.2f}%" cy="11" r="{}"/>)",
        percent(few ? r.middle.low : r.range.low), percent(few ? r.middle.high : r.range.high),
        few ? std::string()
            : fmt::format(R"(<line class="middle" x1="{:.2f}%" x2="{:.2f}%" y1="11" y2="11"/>)",
                          percent(r.middle.low), percent(r.middle.high)),
        percent(r.data->median_ns), r.is_winner ? 5.5 : 4);
  std::string tags;
  if (r.is_winner)
    tags += R"( <b class="tag">winner</b>)";
  if (r.is_default)
    tags += R"( <b class="tag alt">default</b>)";
  if (r.data->status == trial_status::cut)
    tags += R"( <b class="tag dim">cut short</b>)";
  if (few && !r.data->samples_ns.empty())
    tags += fmt::format(R"( <i class="few">{} {}</i>)", r.data->samples_ns.size(),
                        r.data->samples_ns.size() == 1 ? "sample" : "samples");
  return fmt::format(
      R"(<div class="row{}"><span class="rank">{}</span><span class="name">{}{}</span>)"
      R"(<svg class="lane"><title>{}: median {}, {} {} to {}, {} samples</title>{}</svg>)"
      R"(<span class="value">{}<i>{}</i></span></div>)"
      "\n",
      kind, index + 1,
      escape(&base == r.data ? view.label(r.data->config)
                             : view.difference(r.data->config, base.config)),
      tags, escape(r.data->config), format_time(r.data->median_ns),
      few ? "samples from" : "95 % interval", format_time(r.middle.low), format_time(r.middle.high),
      r.data->samples_ns.size(), marks, format_time(r.data->median_ns),
      index == 0 ? std::string("fastest")
                 : "+" + format_percent(r.data->median_ns / best.median_ns - 1));
}

std::string ranked_chart(const space_view &view, std::size_t count) {
  count = std::min(count, view.ranked.size());
  double low = view.ranked.front().range.low, high = 0;
  for (std::size_t i = 0; i < count; ++i) {
    low = std::min(low, view.ranked[i].range.low);
    high = std::max({high, view.ranked[i].data->median_ns,
                     std::min(view.ranked[i].range.high, view.ranked[i].data->median_ns * 1.1)});
  }
  if (view.default_config) // as long as it does not squeeze the others
    if (const double ns = view.ranked[*view.default_config].data->median_ns;
        ns - low < 1.6 * (high - low))
      high = std::max(high, ns);
  const double margin = (high - low) * 0.04;
  const scale x = scale::linear(low - margin, high + margin);
  const auto [unit, ns] = time_unit(low);
  std::string axis;
  for (const double tick : x.ticks(5))
    if (x(tick) < 0.96)
      axis += fmt::format(R"(<text x="{:.2f}%" y="12" text-anchor="{}">{}</text>)", 100 * x(tick),
                          x(tick) < 0.03 ? "start" : "middle", format_number(tick / ns, 5));
  std::string out = fmt::format(
      R"(<div class="row head"><span class="rank">#</span><span class="name">config</span><svg class="lane">{}</svg><span class="value">{}</span></div>)"
      "\n",
      axis, unit);
  for (std::size_t i = 0; i < count; ++i)
    out += ranked_row(view, i, x);
  for (const auto special : {view.winner, view.default_config})
    if (special && *special >= count)
      out += R"(<div class="row gap">&#8942;</div>)" + ranked_row(view, *special, x);
  return R"(<div class="ranked">)" + out + "</div>";
}

// --- The space
// -------------------------------------------------------------------------------------

std::string space_chart(const space_view &view) {
  const scale y = time_scale(view);
  const auto [unit, ns] = time_unit(view.ranked.front().data->median_ns);
  const auto ticks = y.ticks(6);
  const double last = std::max<double>(1, static_cast<double>(view.ranked.size() - 1));
  // No more points than a screen has columns.
  const std::size_t step = std::max<std::size_t>(1, view.ranked.size() / 600);
  std::string path;
  for (std::size_t i = 0; i < view.ranked.size(); i += step)
    path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", 1000 * static_cast<double>(i) / last,
                        y_of(y(view.ranked[i].data->median_ns)));
  if (view.ranked.size() == 1)
    path += "h1000";
  std::string marks;
  const auto mark = [&](const std::optional<std::size_t> &at, const char *kind, const char *text) {
    if (!at)
      return;
    const double x = 100 * static_cast<double>(*at) / last,
                 share = y(view.ranked[*at].data->median_ns);
    const bool right = x > 70;
    marks += fmt::format(
        R"(<circle class="{}" cx="{:.2f}%" cy="{:.2f}%" r="6"/><text class="mark" x="{:.2f}%" y="{:.2f}%" dx="{}" dy="{}" text-anchor="{}">{}</text>)",
        kind, x, 100 - 100 * share, x, 100 - 100 * share, right ? -11 : 11, share < 0.1 ? -6 : 5,
        right ? "end" : "start", text);
  };
  mark(view.winner, "winner", "winner");
  if (view.default_config != view.winner)
    mark(view.default_config, "default", "default");
  return fmt::format(
      R"(<div class="plot tall">{}<svg class="canvas">{}{}<path class="curve" d="{}"/></svg>{}</svg>)"
      R"(<svg class="xlabels"><text x="0" y="13">fastest</text><text x="100%" y="13" text-anchor="end">slowest of {}</text></svg></div>)"
      R"(<p class="unit">Median time in {}, logarithmic.</p>)",
      y_labels(y, ticks, ns), plot_begin, y_grid(y, ticks), path, marks, view.ranked.size(), unit);
}

// --- Tunables
// --------------------------------------------------------------------------------------

/// A number in [-1, 1] that depends on i only: spreads dots that would hide each other. Its bits
/// are mixed well (SplitMix64's finaliser), since equally spaced i with a plain multiple draw
/// stripes.
static double jitter(std::uint64_t i) {
  std::uint64_t bits = (i + 1) * 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) / static_cast<double>(1ull << 52) - 1;
}

static std::string tunable_chart(const space_view &view, std::size_t which, const scale &y,
                                 const std::vector<double> &ticks, double unit) {
  const tunable &t = view.tunables[which];
  const double columns = static_cast<double>(t.values.size());
  const auto x_of = [&](std::size_t level) {
    return 1000 * (static_cast<double>(level) + 0.5) / columns;
  };
  // At most so many dots: the fastest, and an even choice of the rest.
  constexpr std::size_t most = 400;
  const std::size_t step = std::max<std::size_t>(1, view.ranked.size() / most);
  std::string dots, best;
  std::vector<double> fastest(t.values.size(), 0);
  for (std::size_t i = 0; i < view.ranked.size(); ++i) {
    const ranked_trial &r = view.ranked[i];
    double &seen = fastest[r.level[which]];
    const bool first = seen == 0;
    if (first)
      seen = r.data->median_ns; // ranked: the first is the fastest
    if (first || i % step == 0)
      dots += dot(x_of(r.level[which]) + jitter(i) * std::min(300 / columns, 40.0),
                  y_of(y(r.data->median_ns)));
  }
  std::string line;
  for (std::size_t level = 0; level < fastest.size(); ++level)
    if (fastest[level] > 0)
      line += fmt::format("{}{:.0f} {:.0f}", line.empty() ? "M" : "L", x_of(level),
                          y_of(y(fastest[level])));
  std::string labels;
  const std::size_t every = (t.values.size() + 7) / 8;
  for (std::size_t level = 0; level < t.values.size(); level += every)
    labels += fmt::format(R"(<text x="{:.2f}%" y="13" text-anchor="middle">{}</text>)",
                          x_of(level) / 10, escape(t.values[level]));
  std::string winner;
  if (view.winner)
    winner = fmt::format(R"(<circle class="winner" cx="{:.2f}%" cy="{:.2f}%" r="5"/>)",
                         x_of(view.ranked[*view.winner].level[which]) / 10,
                         100 - 100 * y(view.ranked[*view.winner].data->median_ns));
  return fmt::format(
      R"(<div class="small"><h4>{}</h4><div class="plot">{}<svg class="canvas">{}{}<path class="dots" d="{}"/><path class="best" d="{}"/></svg>{}</svg>)"
      R"(<svg class="xlabels">{}</svg></div></div>)"
      "\n",
      escape(t.name), y_labels(y, ticks, unit), plot_begin, y_grid(y, ticks), dots, line, winner,
      labels);
}

std::string tunable_charts(const space_view &view) {
  const scale y = time_scale(view);
  const auto [unit, ns] = time_unit(view.ranked.front().data->median_ns);
  const auto ticks = y.ticks(5);
  std::string out = R"(<div class="multiples">)";
  for (std::size_t i = 0; i < view.tunables.size(); ++i)
    out += tunable_chart(view, i, y, ticks, ns);
  return out +
         fmt::format(
             R"(</div><p class="unit">Median time in {}, logarithmic; the slowest twentieth lies on the upper edge.</p>)",
             unit);
}

// --- Parallel coordinates
// --------------------------------------------------------------------------

static std::string parallel_line(const space_view &view, const ranked_trial &r, const scale &y) {
  const double axes = static_cast<double>(view.tunables.size() + 1);
  std::string path;
  for (std::size_t i = 0; i < view.tunables.size(); ++i) {
    const double share =
        static_cast<double>(r.level[i]) / static_cast<double>(view.tunables[i].values.size() - 1);
    path += fmt::format("{}{:.0f} {:.0f}", i == 0 ? "M" : "L",
                        1000 * (static_cast<double>(i) + 0.5) / axes, y_of(share));
  }
  return path +
         fmt::format("L{:.0f} {:.0f}", 1000 * (axes - 0.5) / axes, 1000 * y(r.data->median_ns));
}

std::string parallel_chart(const space_view &view) {
  const scale y = time_scale(view);
  const auto [unit, ns] = time_unit(view.ranked.front().data->median_ns);
  const double axes = static_cast<double>(view.tunables.size() + 1);
  const std::size_t good =
      std::min<std::size_t>(15, std::max<std::size_t>(1, view.ranked.size() / 4));
  const std::size_t step = std::max<std::size_t>(1, view.ranked.size() / 250);
  std::string rest, top, winner;
  for (std::size_t i = good; i < view.ranked.size(); i += step)
    rest += parallel_line(view, view.ranked[i], y);
  for (std::size_t i = 0; i < good; ++i)
    if (!view.ranked[i].is_winner)
      top += parallel_line(view, view.ranked[i], y);
  if (view.winner)
    winner = parallel_line(view, view.ranked[*view.winner], y);
  std::string lines, labels, titles;
  for (std::size_t i = 0; i <= view.tunables.size(); ++i) {
    const double x = 100 * (static_cast<double>(i) + 0.5) / axes;
    lines += fmt::format("M{:.0f} 0V1000", 10 * x);
    const auto label = [&](double share, const std::string &text) {
      labels += fmt::format(R"(<text x="{:.2f}%" y="{:.2f}%" dx="6" dy="0.32em">{}</text>)", x,
                            100 - 100 * share, escape(text));
    };
    if (i < view.tunables.size()) {
      const auto &values = view.tunables[i].values;
      // Some of many values, the last one always.
      const std::size_t last = values.size() - 1, every = (values.size() + 5) / 6;
      for (std::size_t level = 0; level < last; level += every)
        if (level + every <= last || last - level > every / 2)
          label(static_cast<double>(level) / static_cast<double>(last), values[level]);
      label(1, values[last]);
    } else {
      for (const double tick : y.ticks(5))
        label(1 - y(tick), format_number(tick / ns));
    }
    titles +=
        fmt::format("<span>{}</span>", i < view.tunables.size() ? escape(view.tunables[i].name)
                                                                : fmt::format("time [{}]", unit));
  }
  return fmt::format(
      R"(<div class="scroll"><div class="parallel" style="--axes:{}"><div class="axes">{}</div>)"
      R"(<svg class="canvas wide">{}<path class="rest" d="{}"/><path class="axis" d="{}"/><path class="top" d="{}"/><path class="best" d="{}"/></svg>{}</svg></div></div>)",
      view.tunables.size() + 1, titles, plot_begin, rest, lines, top, winner, labels);
}

// --- Failures
// --------------------------------------------------------------------------------------

/// The reason without what differs from one config to the next.
static std::string kind_of(const std::string &reason) {
  std::string result;
  bool number = false;
  for (const char c : reason) {
    const bool digit = (c >= '0' && c <= '9');
    if (digit && !number)
      result += "#";
    if (!digit)
      result += c;
    number = digit;
  }
  return result;
}

std::string failure_chart(const space_view &view) {
  struct group {
    std::size_t count = 0;
    const trial *example = nullptr;
  };
  std::map<std::pair<trial_status, std::string>, group> groups;
  for (const trial *t : view.failed) {
    group &g = groups[{t->status, kind_of(t->reason)}];
    ++g.count;
    if (!g.example)
      g.example = t;
  }
  std::vector<group> sorted;
  for (const auto &[key, g] : groups)
    sorted.push_back(g);
  std::sort(sorted.begin(), sorted.end(), [](const group &a, const group &b) {
    return a.count != b.count ? a.count > b.count : a.example->reason < b.example->reason;
  });
  std::string out = R"(<div class="failures">)";
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(most, sorted.size()); ++i) {
    const group &g = sorted[i];
    out += fmt::format(
        R"(<div class="row"><span class="name"><b>{}</b>{}{}</span><svg class="lane"><title>for instance {}</title><rect y="5" width="{:.2f}%" height="12" rx="3"/></svg><span class="value">{}</span></div>)"
        "\n",
        to_string(g.example->status), g.example->reason.empty() ? "" : ": ",
        escape(g.example->reason), escape(g.example->config),
        100.0 * static_cast<double>(g.count) / static_cast<double>(sorted.front().count), g.count);
  }
  if (sorted.size() > most)
    out += fmt::format(R"(<p class="unit">and {} rarer reasons</p>)", sorted.size() - most);
  return out + "</div>";
}

} // namespace tl::tool
