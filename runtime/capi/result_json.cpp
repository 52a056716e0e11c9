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

/// Members of one object by name; the first that is missing or of another type is the error.
class member_reader {
public:
  member_reader(const json_value &from, std::string where, std::string &error)
      : from_(from), where_(std::move(where)), error_(error) {}

  void text(const char *name, std::string &to) const {
    if (const json_value *found = of_type(name, json_value::kind::text, "text"))
      to = found->text;
  }
  void number(const char *name, double &to) const {
    if (const json_value *found = of_type(name, json_value::kind::number, "number"))
      to = found->number;
  }
  const std::vector<json_value> &array(const char *name) const {
    static const std::vector<json_value> none;
    const json_value *found = of_type(name, json_value::kind::array, "array");
    return found ? found->items : none;
  }

private:
  const json_value *of_type(const char *name, json_value::kind type, const char *expected) const {
    const json_value *found = from_.find(name);
    if (found && found->type == type)
      return found;
    if (error_.empty())
      error_ =
          found ? fmt::format("{}member '{}' is {}, expected {} {}", where_, name,
                              found->source.substr(0, 40), *expected == 'a' ? "an" : "a", expected)
                : fmt::format("{}there is no member '{}'", where_, name);
    return nullptr;
  }

  const json_value &from_;
  const std::string where_;
  std::string &error_;
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
  auto result = std::make_unique<owned_result>();
  const member_reader top(*read, "", error);
  top.text("factory", result->factory);
  top.text("name", result->name);
  top.text("fingerprint", result->fingerprint);
  top.text("problem", result->problem);
  top.text("device", result->device);
  top.text("mode", result->mode);
  top.text("config", result->config);
  top.text("state", result->state);
  top.text("failure", result->failure);
  top.text("runner_up", result->runner_up);
  top.number("median_ns", result->median_ns);
  top.number("default_median_ns", result->default_median_ns);
  top.number("reference_median_ns", result->reference_median_ns);
  top.number("margin", result->margin);
  top.number("confidence", result->confidence);
  top.number("seconds", result->seconds);
  top.number("passes", result->passes);
  for (const json_value &it : top.array("trials")) {
    owned_result::trial &trial = result->trials.emplace_back();
    const member_reader members(it, fmt::format("trial {}: ", result->trials.size()), error);
    members.text("config", trial.config);
    members.text("status", trial.status);
    members.text("reason", trial.reason);
    if (const json_value *resources = it.find("resources"))
      trial.resources = resources->source;
    members.number("median_ns", trial.median_ns);
    members.number("mean_ns", trial.mean_ns);
    members.number("spread_ns", trial.spread_ns);
    members.number("clock", trial.clock);
    for (const json_value &sample : members.array("samples_ns"))
      trial.samples_ns.push_back(sample.number);
  }
  if (!error.empty())
    return nullptr;
  result->finish();
  return result;
}

} // namespace tl::rt
