// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How samples stand in a row, and the checksums that tell a damaged row from a sound one.

#ifndef TL_RUNTIME_STORE_ENCODING_H
#define TL_RUNTIME_STORE_ENCODING_H

#include "runtime/store/records.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tl::rt::store {

/// trials.samples: each sample as an IEEE 754 double, little-endian, in nanoseconds; nothing else.
std::vector<unsigned char> encode_samples(std::span<const double> samples_ns);
/// Empty when the size is no multiple of 8.
std::optional<std::vector<double>> decode_samples(std::span<const unsigned char> blob);

/// winners.checksum: over the lookup key and the row, so that a damaged row is not taken for
/// another's.
std::int64_t winner_checksum(const winner_key &key, const winner &w);
/// trials.checksum: over what a resumed session relies on.
std::int64_t proof_checksum(const winner_key &key, const proof_record &p);
std::int64_t trial_checksum(const trial &t);

} // namespace tl::rt::store

#endif
