// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a runtime operation that can fail returns. A value; nothing in the runtime throws for these.

#ifndef TL_RUNTIME_SUPPORT_STATUS_H
#define TL_RUNTIME_SUPPORT_STATUS_H

#include <string>
#include <string_view>
#include <utility>

namespace tl::rt {

enum class status_code : unsigned char {
  ok,
  not_found,   ///< what was asked for does not exist
  invalid,     ///< the request makes no sense
  io_error,    ///< the operating system refused
  full,        ///< no space left, or a limit on file sizes
  read_only,   ///< may be read but not written
  busy,        ///< another process or thread holds it, and the bounded wait is over
  corrupt,     ///< the content is damaged
  foreign,     ///< the content is of a version or an origin that this runtime does not know
  disabled,    ///< switched off, by the user or after an earlier failure
  unsupported, ///< this system cannot do it
  lost,        ///< a device that will refuse this process everything from now on
};

/// Outcome of an operation: ok, or a code with one line of text for people (lower case, no final
/// period). Not thread-safe as an object; copies are independent.
class [[nodiscard]] status {
public:
  status() = default;

  static status ok() { return {}; }
  static status not_found(std::string text) { return {status_code::not_found, std::move(text)}; }
  static status invalid(std::string text) { return {status_code::invalid, std::move(text)}; }
  static status io_error(std::string text) { return {status_code::io_error, std::move(text)}; }
  static status full(std::string text) { return {status_code::full, std::move(text)}; }
  static status read_only(std::string text) { return {status_code::read_only, std::move(text)}; }
  static status busy(std::string text) { return {status_code::busy, std::move(text)}; }
  static status corrupt(std::string text) { return {status_code::corrupt, std::move(text)}; }
  static status foreign(std::string text) { return {status_code::foreign, std::move(text)}; }
  static status disabled(std::string text) { return {status_code::disabled, std::move(text)}; }
  static status unsupported(std::string text) {
    return {status_code::unsupported, std::move(text)};
  }
  static status lost(std::string text) { return {status_code::lost, std::move(text)}; }

  bool is_ok() const { return code_ == status_code::ok; }
  explicit operator bool() const { return is_ok(); }
  status_code code() const { return code_; }
  /// Empty when ok.
  const std::string &text() const { return text_; }

private:
  status(status_code code, std::string text) : code_(code), text_(std::move(text)) {}

  status_code code_ = status_code::ok;
  std::string text_;
};

/// Name of a code for logs and tests: "ok", "io_error", ...
std::string_view to_string(status_code code);

} // namespace tl::rt

#endif
