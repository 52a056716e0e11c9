// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/capi/json_reader.h"
#include "runtime/capi/result.h"
#include "runtime/support/json_text.h"

#include <fmt/format.h>

#include <cmath>

namespace tl::rt {

/// Value of the member "format". NEVER REUSED: a change that old readers cannot read gets a new
/// one.
static constexpr const char *format_name = "tl-result-1";

/// Shortest text that reads back as the same number; JSON has no infinities and no NaN.
static std::string number_text(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "0";
}

namespace {

/// Members of one object, in order.
class object_writer {
public:
  object_writer &text(const char *name, const char *value) {
    return raw(name, json_string(value ? value : ""));
  }
  object_writer &number(const char *name, double value) { return raw(name, number_text(value)); }
  object_writer &raw(const char *name, const std::string &value) {
    text_ += fmt::format("{}\n{}\"{}\": {}", text_.empty() ? "" : ",", indent_, name, value);
    return *this;
  }
  explicit object_writer(const char *indent) : indent_(indent) {}
  std::string done(const char *outer) const { return "{" + text_ + "\n" + outer + "}"; }

private:
  const char *indent_;
  std::string text_;
};

} // namespace

static std::string trial_to_json(const tl_trial &trial) {
  std::string samples = "[";
  for (std::uint64_t i = 0; i < trial.sample_count; ++i)
    samples.append(i ? "," : "").append(number_text(trial.samples_ns[i]));
  return object_writer("      ")
      .text("config", trial.config)
      .text("status", trial.status)
      .text("reason", trial.reason)
      .raw("resources", trial.resources && *trial.resources ? trial.resources : "{}")
      .number("median_ns", trial.median_ns)
      .number("mean_ns", trial.mean_ns)
      .number("spread_ns", trial.spread_ns)
      .number("clock", trial.clock)
      .raw("samples_ns", samples + "]")
      .done("    ");
}

std::string result_to_json(const tl_result &result) {
  std::string trials = "[";
  for (std::uint32_t i = 0; i < result.trial_count; ++i)
    trials.append(i ? ",\n    " : "\n    ").append(trial_to_json(result.trials[i]));
  return object_writer("  ")
             .text("format", format_name)
             .text("factory", result.factory)
             .text("name", result.name)
             .text("fingerprint", result.fingerprint)
             .text("problem", result.problem)
             .text("device", result.device)
             .text("mode", result.mode)
             .text("config", result.config)
             .text("state", result.state)
             .text("failure", result.failure)
             .text("runner_up", result.runner_up)
             .number("median_ns", result.median_ns)
             .number("default_median_ns", result.default_median_ns)
             .number("reference_median_ns", result.reference_median_ns)
             .number("margin", result.margin)
             .number("confidence", result.confidence)
             .number("seconds", result.seconds)
             .number("passes", result.passes)
             .raw("trials", trials + "\n  ]")
             .done("") +
         "\n";
}

std::unique_ptr<owned_result> result_from_json(const std::string &text, std::string &error) {
  const auto read = parse_json(text, error);
  if (!read)
    return nullptr;
  if (read->text_or("format") != format_name) {
    error = fmt::format("found format '{}', expected '{}'", read->text_or("format"), format_name);
    return nullptr;
  }
  if (read->text_or("factory").empty() || read->text_or("config").empty()) {
    error = "there is no factory or no config in it";
    return nullptr;
  }
  auto result = std::make_unique<owned_result>();
  result->factory = read->text_or("factory");
  result->name = read->text_or("name");
  result->fingerprint = read->text_or("fingerprint");
  result->problem = read->text_or("problem");
  result->device = read->text_or("device");
  result->mode = read->text_or("mode");
  result->config = read->text_or("config");
  result->state = read->text_or("state");
  result->failure = read->text_or("failure");
  result->runner_up = read->text_or("runner_up");
  result->median_ns = read->number_or("median_ns");
  result->default_median_ns = read->number_or("default_median_ns");
  result->reference_median_ns = read->number_or("reference_median_ns");
  result->margin = read->number_or("margin");
  result->confidence = read->number_or("confidence");
  result->seconds = read->number_or("seconds");
  result->passes = read->number_or("passes");
  if (const json_value *trials = read->find("trials"))
    for (const json_value &it : trials->items) {
      owned_result::trial &trial = result->trials.emplace_back();
      trial.config = it.text_or("config");
      trial.status = it.text_or("status");
      trial.reason = it.text_or("reason");
      if (const json_value *resources = it.find("resources"))
        trial.resources = resources->source;
      trial.median_ns = it.number_or("median_ns");
      trial.mean_ns = it.number_or("mean_ns");
      trial.spread_ns = it.number_or("spread_ns");
      trial.clock = it.number_or("clock");
      if (const json_value *samples = it.find("samples_ns"))
        for (const json_value &sample : samples->items)
          trial.samples_ns.push_back(sample.number);
    }
  result->finish();
  return result;
}

} // namespace tl::rt
