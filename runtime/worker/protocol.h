// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a supervisor and its worker say to each other: one request, one reply, each a single packet
// on a socket that keeps packet boundaries. Both ends are the same build, so plain structs do.

#ifndef TL_RUNTIME_WORKER_PROTOCOL_H
#define TL_RUNTIME_WORKER_PROTOCOL_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace tl::rt {

enum class request_kind : std::uint32_t {
  hello = 0,    ///< answered as soon as the worker can take other requests
  prepare = 1,  ///< run the reference and keep what it left
  classify = 2, ///< find out which of the written elements are also read
  probe = 3,    ///< run a variant once and check its results
  sample = 4,   ///< time a variant
  explore = 5,  ///< find out what lies in buffers that the reference seems to leave alone
};

struct worker_request {
  std::uint64_t cookie;   ///< the supervisor's secret; repeated in the reply
  std::uint32_t sequence; ///< repeated in the reply
  request_kind kind;
  std::uint32_t variant;
  std::uint32_t launches;
  double value; ///< meaning depends on the kind
};

/// Longest text that a worker sends along [bytes].
inline constexpr std::size_t max_reply_text = 1000;

struct worker_reply {
  std::uint64_t cookie;
  std::uint32_t sequence;
  std::int32_t code;     ///< verdict::code
  std::uint32_t tainted; ///< the worker may be damaged and asks to be replaced
  std::uint32_t text_bytes;
  double time_ns;
  double at_ns;
  std::uint32_t launches; ///< that a sample spans
  char text[max_reply_text];

  std::string_view get_text() const {
    return {text, text_bytes <= max_reply_text ? text_bytes : max_reply_text};
  }
  void set_text(std::string_view value) {
    text_bytes =
        static_cast<std::uint32_t>(value.size() < max_reply_text ? value.size() : max_reply_text);
    std::memcpy(text, value.data(), text_bytes);
  }
};

static_assert(std::is_trivially_copyable_v<worker_request> &&
              std::is_trivially_copyable_v<worker_reply>);

} // namespace tl::rt

#endif
