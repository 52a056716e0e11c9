// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "document.h"

#include "failure.h"
#include "format.h"
#include "json.h"

#include <sodium.h>

#include <cmath>
#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace tl::tool::remote {

using namespace rt::store;

std::string object_name(const winner_key &key) {
  crypto_generichash_state state;
  constexpr std::size_t hash_bytes = 32;
  crypto_generichash_init(&state, nullptr, 0, hash_bytes);
  const auto add = [&](std::string_view text) {
    const std::string size = std::to_string(text.size()) + ":";
    for (const std::string_view it : {std::string_view(size), text})
      crypto_generichash_update(&state, reinterpret_cast<const unsigned char *>(it.data()),
                                it.size());
  };
  add(key.factory);
  add(key.fingerprint);
  add(std::to_string(key.abi));
  add(key.device);
  add(to_string(key.mode));
  add(key.problem);
  unsigned char hash[hash_bytes];
  crypto_generichash_final(&state, hash, sizeof hash);
  char hex[2 * hash_bytes + 1];
  return sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
}

/// The driver as the identity of the device has it; of a processor that is the kernel.
static std::string driver_of(const std::string &device) {
  for (const char *const name : {"driver=", "driver_version="})
    if (const std::size_t at = device.find(name); at != std::string::npos) {
      const std::size_t begin = at + std::string_view(name).size();
      return device.substr(begin, device.find(';', begin) - begin);
    }
  utsname system{};
  return ::uname(&system) == 0 ? std::string(system.sysname) + " " + system.release : "";
}

origin own_origin(const std::string &host, const std::string &device, std::int64_t measured_ms) {
  origin made;
  made.host = host;
  const passwd *const user = ::getpwuid(::geteuid());
  made.user = user ? user->pw_name : std::to_string(::geteuid());
  made.driver = driver_of(device);
  made.measured_ms = measured_ms;
  return made;
}

std::string to_document(const row &it) {
  exported content;
  content.winners.push_back(it.winner);
  json document = to_json(content);
  document["origin"] = {{"host", it.from.host},
                        {"user", it.from.user},
                        {"driver", it.from.driver},
                        {"measured_ms", it.from.measured_ms}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

static void check_text(const std::string &text, const char *what) {
  if (text.size() > most_text_bytes)
    throw failure(exit_file, std::string(what) + " is longer than " +
                                 std::to_string(most_text_bytes) + " bytes");
}

static void check_number(double value, const char *what) {
  if (!std::isfinite(value) || value < 0)
    throw failure(exit_file, std::string(what) + " is no time");
}

static void check(const listed_winner &w) {
  for (const std::string *it :
       {&w.factory.id, &w.factory.fingerprint, &w.factory.name, &w.factory.location,
        &w.factory.parameters, &w.factory.default_config, &w.device.identity, &w.device.properties,
        &w.key.problem, &w.best.config, &w.best.runner_up})
    check_text(*it, "a text");
  for (const double it : {w.best.median_ns, w.best.default_median_ns, w.best.reference_median_ns})
    check_number(it, "a time");
  if (!std::isfinite(w.best.margin) || !(w.best.confidence >= 0 && w.best.confidence <= 1))
    throw failure(exit_file, "margin or confidence is out of range");
  if (w.best.config.empty() || !(w.best.median_ns > 0))
    throw failure(exit_file, "there is no config, or it was not measured");
  if (w.proofs.size() > most_proofs)
    throw failure(exit_file, "there are more than " + std::to_string(most_proofs) + " proofs");
  for (const proof_record &it : w.proofs) {
    check_text(it.facts, "facts");
    check_text(it.reason, "a reason");
    check_text(it.config, "a config");
  }
}

row from_document(std::string_view text, const std::string &name) {
  if (text.size() > most_document_bytes)
    throw failure(exit_file, "larger than " + std::to_string(most_document_bytes) + " bytes");
  const json document = parse(std::string(text));
  if (!document.is_object() || document.value("format", json()) != "tltune")
    throw failure(exit_file, "not an export of tltune");
  exported content;
  row made;
  try {
    content = from_json(document);
    const json from = document.value("origin", json::object());
    made.from = {from.value("host", ""), from.value("user", ""), from.value("driver", ""),
                 from.value("measured_ms", std::int64_t{0})};
  } catch (const json::exception &error) {
    throw failure(exit_file, error.what());
  }
  if (content.winners.size() != 1 || !content.sessions.empty())
    throw failure(exit_file, "expected one winner");
  for (const std::string *it : {&made.from.host, &made.from.user, &made.from.driver})
    check_text(*it, "the origin");
  made.winner = std::move(content.winners.front());
  check(made.winner);
  if (object_name(made.winner.key) != name)
    throw failure(exit_file, "it is the winner of another problem");
  return made;
}

std::string describe(const origin &from) {
  return harmless(from.host.empty() ? "an unknown machine" : from.host) + " (" +
         harmless(from.user.empty() ? "unknown user" : from.user) + ", " +
         format_date(from.measured_ms) + ")";
}

bool is_better(const winner &fresh, const winner &stored) {
  if (fresh.state != stored.state)
    return fresh.state == winner_state::final;
  return fresh.median_ns < stored.median_ns;
}

} // namespace tl::tool::remote
