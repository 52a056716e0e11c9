// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one reader of config text. The plugin writes such text (plugin/ConfigText.h); everything that
// takes it apart again (TL_FORCE_CONFIG, searches, exports, the report) does it here.
//
//   config  = field {"," field}
//   field   = name "=" value
//   value   = "{" [config] "}" | "[" [value {"," value}] "]" | '"' escaped text '"' | plain text
//
// Plain text has balanced brackets, and commas inside of them are its own: `std::pair<int, float>`.
//
// A config's text is its name: it is unique among the configs of a factory, and is compared as a
// whole. What is read here is for people, and for finding which config they mean.

#ifndef TL_RUNTIME_SUPPORT_CONFIG_TEXT_H
#define TL_RUNTIME_SUPPORT_CONFIG_TEXT_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// One value of a config. Those inside of structs and arrays have names like "tile.m" and
/// "sizes[1]".
struct config_field {
  std::string name;
  std::string value; ///< as it is written, quotes included

  bool operator==(const config_field &) const = default;
};

/// All values, in order. Text of another tool need not follow the grammar: a piece without a name
/// belongs to the value before it.
std::vector<config_field> read_config(std::string_view text);

/// What a value says: without quotes and escapes if it has them.
std::string unquoted(std::string_view value);

/// `text` as a value that reads back as itself: quoted if it has to be.
std::string config_value(std::string_view text);

/// Position of the first `wanted` in `text` that stands in no quotes and no brackets; for ':', in
/// no "::" either. npos: none.
std::size_t find_outside(std::string_view text, char wanted);

} // namespace tl::rt

#endif
