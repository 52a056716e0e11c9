// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signatures and keys as the files of minisign have them (ed25519, by libsodium).

#ifndef TL_TOOL_REMOTE_SIGNATURE_H
#define TL_TOOL_REMOTE_SIGNATURE_H

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tl::tool::remote {

struct public_key {
  std::array<unsigned char, 8> id;
  std::array<unsigned char, 32> key;
};

struct secret_key {
  std::array<unsigned char, 8> id;
  std::array<unsigned char, 64> key;
};

/// A file that `minisign -G` has made, or the line of base64 in it. Throws failure(exit_file).
public_key read_public_key(const std::string &file_or_text);

/// A file that `minisign -G -W` has made: without a password, since nobody is there to be asked.
/// Throws failure(exit_file).
secret_key read_secret_key(const std::string &path);

/// What `minisign -S` would write to FILE.minisig for a file with this content.
std::string sign(std::string_view content, const secret_key &with,
                 std::string_view trusted_comment);

/// Whether one of these keys has signed the content.
bool is_signed(std::string_view content, std::string_view signature,
               const std::vector<public_key> &by);

} // namespace tl::tool::remote

#endif
