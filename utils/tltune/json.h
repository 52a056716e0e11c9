// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of the store as JSON: for --json, and as the files that `export` writes and `import`
// reads.

#ifndef TL_TOOL_JSON_H
#define TL_TOOL_JSON_H

#include "runtime/store/store.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tl::tool {

using json = nlohmann::ordered_json;

/// A document; discarded where the text is none, or is nested deeper than any of ours.
json parse(const std::string &text);

json to_json(const rt::store::factory_record &factory);
json to_json(const rt::store::device_record &device);
json to_json(const rt::store::winner &winner);
/// With the raw samples if `samples`.
json to_json(const rt::store::trial &trial, bool samples = true);
json to_json(const rt::store::session_record &session);
json to_json(const rt::store::session_bundle &bundle);
/// A winner with its whole key.
json to_json(const rt::store::listed_winner &winner);

/// What an exported file holds.
struct exported {
  std::vector<rt::store::session_bundle> sessions;
  std::vector<rt::store::listed_winner> winners; ///< those that no session here explains
};

/// {"format": "tltune", "version": 1, ...}. docs/tltune.md describes it.
json to_json(const exported &content);

/// The reverse. Throws failure(exit_file) that names what is missing or wrong.
exported from_json(const json &document);

/// A JSON document on lines that are indented by so much. Invalid UTF-8 in it is replaced, and what
/// would steer a terminal escaped.
std::string text_of(const json &document, int indent);

/// Prints it, and a line break.
void print(const json &document);

} // namespace tl::tool

#endif
