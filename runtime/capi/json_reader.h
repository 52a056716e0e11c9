// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading a JSON text (RFC 8259) into values: for result files, which are small.

#ifndef TL_RUNTIME_CAPI_JSON_READER_H
#define TL_RUNTIME_CAPI_JSON_READER_H

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// One value; which member counts follows from `type`.
struct json_value {
  enum class kind : unsigned char { null, boolean, number, text, array, object };
  kind type = kind::null;
  bool boolean = false;
  double number = 0;
  std::string text;
  std::vector<json_value> items;
  std::map<std::string, json_value, std::less<>> members;
  std::string_view source; ///< the value as it stands in the input, which must outlive it

  /// Member of an object, or null.
  const json_value *find(std::string_view name) const;
  /// Its text, or what is given where there is none.
  std::string text_or(std::string_view name, const std::string &otherwise = {}) const;
};

/// Empty, with the position and what was expected in `error`, where the text is no JSON.
std::optional<json_value> parse_json(std::string_view input, std::string &error);

} // namespace tl::rt

#endif
