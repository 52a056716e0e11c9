// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing the few JSON objects that stand in the database.

#ifndef TL_RUNTIME_SUPPORT_JSON_TEXT_H
#define TL_RUNTIME_SUPPORT_JSON_TEXT_H

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tl::rt {

/// A JSON string literal (RFC 8259, section 7), quotes included.
std::string json_string(std::string_view text);

/// A JSON object whose values are strings, in the given order.
std::string json_object(const std::vector<std::pair<std::string, std::string>> &members);

} // namespace tl::rt

#endif
