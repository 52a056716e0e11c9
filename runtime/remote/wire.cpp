// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/remote/wire.h"

#include <cstring>
#include <utility>

namespace tl::rt::remote {

packer::packer(message kind) : bytes_(size_bytes, '\0') {
  bytes_ += static_cast<char>(wire_version);
  bytes_ += static_cast<char>(kind);
}

void packer::add(std::uint64_t number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes_.append(raw, sizeof raw);
}

void packer::add(double number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes_.append(raw, sizeof raw);
}

void packer::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  bytes_.append(text);
}

void packer::add(const store::winner_key &key) {
  add(key.factory);
  add(key.fingerprint);
  add(std::uint64_t{key.abi});
  add(key.device);
  add(static_cast<std::uint64_t>(key.mode));
  add(key.problem);
}

void packer::add(const store::winner &w) {
  add(w.config);
  for (const double it :
       {w.median_ns, w.default_median_ns, w.reference_median_ns, w.margin, w.confidence})
    add(it);
  add(w.runner_up);
  add(static_cast<std::uint64_t>(w.state));
  add(std::uint64_t{w.trials});
  add(static_cast<std::uint64_t>(w.updated));
}

void packer::add(const store::proof_record &p) {
  add(p.config);
  add(p.facts);
  add(static_cast<std::uint64_t>(p.outcome));
  add(p.reason);
  add(static_cast<std::uint64_t>(p.made));
}

void packer::add(const store::trial &t) {
  add(t.config);
  add(static_cast<std::uint64_t>(t.status));
  add(t.reason);
  for (const double it : {t.median_ns, t.mean_ns, t.spread_ns, t.clock})
    add(it);
  add(t.resources);
  add(std::uint64_t{t.samples_ns.size()});
}

void packer::add(const foreign_winner &w) {
  add(w.best);
  add(std::uint64_t{w.proofs.size()});
  for (const store::proof_record &it : w.proofs)
    add(it);
  add(w.origin);
}

void packer::add(const finding &f) {
  const store::factory_record &factory = f.what.factory;
  for (const std::string *it : {&factory.id, &factory.fingerprint, &factory.name, &factory.location,
                                &factory.parameters, &factory.default_config})
    add(*it);
  add(std::uint64_t{factory.abi});
  add(std::uint64_t{factory.configs});
  add(f.what.device.identity);
  add(f.what.device.properties);
  add(static_cast<std::uint64_t>(f.what.mode));
  add(f.what.problem);
  add(f.best);
  add(std::uint64_t{f.proofs.size()});
  for (const store::proof_record &it : f.proofs)
    add(it);
  add(f.session);
  add(std::uint64_t{f.trials.size()});
  for (const store::trial &it : f.trials)
    add(it);
}

std::string packer::take() {
  const auto size = static_cast<std::uint32_t>(bytes_.size() - size_bytes);
  std::memcpy(bytes_.data(), &size, sizeof size);
  return std::move(bytes_);
}

unpacker::unpacker(std::string_view content) : rest_(content) {
  std::uint8_t head[2] = {};
  if (take(head, sizeof head) && head[0] == wire_version)
    kind_ = static_cast<message>(head[1]);
  else
    good_ = false;
}

bool unpacker::take(void *to, std::size_t bytes) {
  good_ = good_ && rest_.size() >= bytes;
  if (!good_)
    return false;
  std::memcpy(to, rest_.data(), bytes);
  rest_.remove_prefix(bytes);
  return true;
}

std::uint64_t unpacker::number() {
  std::uint64_t value = 0;
  return take(&value, sizeof value) ? value : 0;
}

double unpacker::real() {
  double value = 0;
  return take(&value, sizeof value) ? value : 0;
}

/// Of things that take so many bytes each, no more than can be there.
std::size_t unpacker::count(std::size_t least_bytes) {
  const std::uint64_t said = number();
  good_ = good_ && said <= rest_.size() / least_bytes;
  return good_ ? static_cast<std::size_t>(said) : 0;
}

std::string unpacker::text() {
  const std::size_t size = count(1);
  std::string value(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return value;
}

/// An enumerator by its number; what is none is impossible.
template <class Enum> static Enum enumerator(std::uint64_t value, Enum last, bool &good) {
  good = good && value <= static_cast<std::uint64_t>(last);
  return good ? static_cast<Enum>(value) : Enum{};
}

store::winner_key unpacker::key() {
  store::winner_key key;
  key.factory = text();
  key.fingerprint = text();
  key.abi = static_cast<std::uint32_t>(number());
  key.device = text();
  key.mode = enumerator(number(), store::measure_mode::hot, good_);
  key.problem = text();
  return key;
}

store::winner unpacker::winner() {
  store::winner w;
  w.config = text();
  for (double *const it :
       {&w.median_ns, &w.default_median_ns, &w.reference_median_ns, &w.margin, &w.confidence})
    *it = real();
  w.runner_up = text();
  w.state = enumerator(number(), store::winner_state::final, good_);
  w.trials = static_cast<std::uint32_t>(number());
  w.updated = static_cast<std::int64_t>(number());
  return w;
}

store::proof_record unpacker::proof() {
  store::proof_record p;
  p.config = text();
  p.facts = text();
  p.outcome = enumerator(number(), store::trial_status::stopped, good_);
  p.reason = text();
  p.made = static_cast<std::int64_t>(number());
  return p;
}

store::trial unpacker::trial() {
  store::trial t;
  t.config = text();
  t.status = enumerator(number(), store::trial_status::stopped, good_);
  t.reason = text();
  for (double *const it : {&t.median_ns, &t.mean_ns, &t.spread_ns, &t.clock})
    *it = real();
  t.resources = text();
  t.attempts = static_cast<std::uint32_t>(number()); // as many samples as there were
  return t;
}

foreign_winner unpacker::foreign() {
  foreign_winner w;
  w.best = winner();
  constexpr std::size_t least_proof = 5 * sizeof(std::uint64_t);
  for (std::size_t left = count(least_proof); left > 0 && good_; --left)
    w.proofs.push_back(proof());
  w.origin = text();
  return w;
}

finding unpacker::found() {
  finding f;
  store::factory_record &factory = f.what.factory;
  for (std::string *const it : {&factory.id, &factory.fingerprint, &factory.name, &factory.location,
                                &factory.parameters, &factory.default_config})
    *it = text();
  factory.abi = static_cast<std::uint32_t>(number());
  factory.configs = static_cast<std::uint32_t>(number());
  f.what.device.identity = text();
  f.what.device.properties = text();
  f.what.mode = enumerator(number(), store::measure_mode::hot, good_);
  f.what.problem = text();
  f.best = winner();
  constexpr std::size_t least_proof = 5 * sizeof(std::uint64_t);
  for (std::size_t left = count(least_proof); left > 0 && good_; --left)
    f.proofs.push_back(proof());
  f.session = text();
  constexpr std::size_t least_trial = 9 * sizeof(std::uint64_t);
  for (std::size_t left = count(least_trial); left > 0 && good_; --left)
    f.trials.push_back(trial());
  return f;
}

} // namespace tl::rt::remote
