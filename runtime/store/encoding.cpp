// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/encoding.h"

#include "runtime/support/fnv.h"

#include <bit>
#include <string_view>

namespace tl::rt::store {

namespace {
/// FNV-1a, 64 bits. Each field is followed by its length, so that fields cannot run into each
/// other.
class checksum {
public:
  checksum &add(std::string_view text) {
    for (const char c : text)
      add_byte(static_cast<unsigned char>(c));
    return add(static_cast<std::uint64_t>(text.size()));
  }
  checksum &add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      add_byte(static_cast<unsigned char>(number >> shift));
    return *this;
  }
  checksum &add(double number) { return add(std::bit_cast<std::uint64_t>(number)); }
  std::int64_t value() const { return std::bit_cast<std::int64_t>(hash_); }

private:
  void add_byte(unsigned char byte) { hash_ = fnv_byte(hash_, byte); }
  std::uint64_t hash_ = fnv_start;
};
} // namespace

std::vector<unsigned char> encode_samples(std::span<const double> samples_ns) {
  std::vector<unsigned char> blob;
  blob.reserve(samples_ns.size() * 8);
  for (const double sample : samples_ns) {
    const auto bits = std::bit_cast<std::uint64_t>(sample);
    for (int shift = 0; shift < 64; shift += 8)
      blob.push_back(static_cast<unsigned char>(bits >> shift));
  }
  return blob;
}

std::optional<std::vector<double>> decode_samples(std::span<const unsigned char> blob) {
  if (blob.size() % 8 != 0)
    return {};
  std::vector<double> samples;
  samples.reserve(blob.size() / 8);
  for (std::size_t at = 0; at < blob.size(); at += 8) {
    std::uint64_t bits = 0;
    for (unsigned byte = 0; byte < 8; ++byte)
      bits |= std::uint64_t{blob[at + byte]} << (8 * byte);
    samples.push_back(std::bit_cast<double>(bits));
  }
  return samples;
}

std::int64_t winner_checksum(const winner_key &key, const winner &w) {
  checksum c;
  c.add(key.factory).add(key.fingerprint).add(std::uint64_t{key.abi}).add(key.device);
  c.add(static_cast<std::uint64_t>(key.mode)).add(key.problem);
  c.add(w.config)
      .add(w.median_ns)
      .add(w.default_median_ns)
      .add(w.margin)
      .add(w.confidence)
      .add(w.runner_up);
  c.add(static_cast<std::uint64_t>(w.state)).add(std::uint64_t{w.trials});
  c.add(static_cast<std::uint64_t>(w.updated));
  if (w.reference_median_ns != 0) // rows of schema version 1 do not have it
    c.add(w.reference_median_ns);
  return c.value();
}

std::int64_t proof_checksum(const winner_key &key, const proof_record &p) {
  checksum c;
  c.add(key.factory).add(key.fingerprint).add(std::uint64_t{key.abi}).add(key.device);
  c.add(static_cast<std::uint64_t>(key.mode)).add(key.problem);
  c.add(p.config).add(p.facts).add(static_cast<std::uint64_t>(p.outcome)).add(p.reason);
  return c.add(static_cast<std::uint64_t>(p.made)).value();
}

std::int64_t trial_checksum(const trial &t) {
  checksum c;
  c.add(t.config).add(static_cast<std::uint64_t>(t.status)).add(t.reason);
  c.add(t.median_ns).add(t.mean_ns).add(t.spread_ns).add(t.clock).add(t.resources);
  c.add(static_cast<std::uint64_t>(t.samples_ns.size()));
  for (const double sample : t.samples_ns)
    c.add(sample);
  return c.value();
}

} // namespace tl::rt::store
