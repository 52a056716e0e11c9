// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What programs and the helper process say to each other over a Unix socket. Both are of one user
// and one machine, so numbers stand as they do in memory; but neither trusts the other's sizes.

#ifndef TL_RUNTIME_REMOTE_WIRE_H
#define TL_RUNTIME_REMOTE_WIRE_H

#include "runtime/remote/fleet.h"
#include "runtime/store/records.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tl::rt::remote {

/// Both sides refuse another one.
inline constexpr std::uint8_t wire_version = 1;
/// Largest message [bytes].
inline constexpr std::uint32_t most_bytes = 16u << 20;
/// Bytes before a message's content: its size, then version and kind, which the size counts.
inline constexpr std::size_t size_bytes = sizeof(std::uint32_t);

enum class message : std::uint8_t {
  // To the helper.
  lookup = 1,  ///< key
  lease = 2,   ///< key; the lease ends with the connection
  publish = 3, ///< finding
  metrics = 4, ///< nothing
  // From the helper.
  winner = 16,      ///< foreign winner
  none = 17,        ///< nothing: there is no winner
  granted = 18,     ///< nothing
  held = 19,        ///< who holds it
  no_lease = 20,    ///< why nobody keeps leases
  taken = 21,       ///< nothing: a finding has arrived
  unavailable = 22, ///< why
  text = 23,        ///< metrics
};

/// Makes one message.
class packer {
public:
  explicit packer(message kind);
  void add(std::uint64_t number);
  void add(double number);
  void add(std::string_view text);
  void add(const store::winner_key &key);
  void add(const store::winner &w);
  void add(const store::proof_record &p);
  void add(const foreign_winner &w);
  void add(const finding &f);
  /// The whole message, size in front.
  std::string take();

private:
  void add(const store::trial &t);
  std::string bytes_;
};

/// Takes a message apart. After a reading that finds too little or something impossible, good() is
/// false, and everything reads as empty.
class unpacker {
public:
  /// `content`: what stands behind the size.
  explicit unpacker(std::string_view content);
  message kind() const { return kind_; }
  bool good() const { return good_; }
  /// Whether everything was there and nothing is left.
  bool complete() const { return good_ && rest_.empty(); }
  std::uint64_t number();
  double real();
  std::string text();
  store::winner_key key();
  store::winner winner();
  store::proof_record proof();
  foreign_winner foreign();
  finding found();

private:
  store::trial trial();
  bool take(void *to, std::size_t bytes);
  std::size_t count(std::size_t least_bytes);

  std::string_view rest_;
  message kind_ = message::none;
  bool good_ = true;
};

} // namespace tl::rt::remote

#endif
