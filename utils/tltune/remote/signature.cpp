// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "signature.h"

#include "failure.h"
#include "files.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace tl::tool::remote {
namespace {

using bytes = std::vector<unsigned char>;

/// The four lines of a signature.
struct signature_lines {
  bytes first;                 ///< algorithm, key id, signature of the content
  std::string trusted_comment; ///< which is signed, too
  bytes global;                ///< signature of the first one and the comment
};

constexpr std::size_t id_bytes = 8, head_bytes = 2 + id_bytes;
constexpr std::string_view comment_mark = "untrusted comment: ", trusted_mark = "trusted comment: ";

std::optional<bytes> from_base64(std::string_view text) {
  bytes made(text.size());
  std::size_t size = 0;
  if (sodium_base642bin(made.data(), made.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  made.resize(size);
  return made;
}

std::string to_base64(const bytes &raw) {
  std::string made(sodium_base64_encoded_len(raw.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(made.data(), made.size(), raw.data(), raw.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  made.pop_back(); // the terminating null
  return made;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::optional<signature_lines> parse(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() < 4 || !lines[0].starts_with(comment_mark) ||
      !lines[2].starts_with(trusted_mark))
    return std::nullopt;
  auto first = from_base64(lines[1]), global = from_base64(lines[3]);
  if (!first || !global || first->size() != head_bytes + crypto_sign_BYTES ||
      global->size() != crypto_sign_BYTES)
    return std::nullopt;
  return signature_lines{std::move(*first), std::string(lines[2].substr(trusted_mark.size())),
                         std::move(*global)};
}

bytes hash_of(std::string_view content) {
  bytes hash(crypto_generichash_BYTES_MAX);
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char *>(content.data()), content.size(),
                     nullptr, 0);
  return hash;
}

/// The signature and the comment behind it: what the global signature is of.
bytes global_content(const unsigned char *signature, std::string_view comment) {
  bytes all(signature, signature + crypto_sign_BYTES);
  all.insert(all.end(), comment.begin(), comment.end());
  return all;
}

} // namespace

public_key read_public_key(const std::string &file_or_text) {
  std::string_view line = file_or_text;
  std::string content;
  constexpr std::size_t line_length = 56;
  if (line.size() != line_length || !line.starts_with("RW")) {
    content = read_file(file_or_text);
    const std::vector<std::string_view> lines = lines_of(content);
    line = lines.empty() ? "" : lines.size() > 1 ? lines[1] : lines[0];
  }
  public_key made{};
  const auto raw = from_base64(line);
  if (!raw || raw->size() != head_bytes + made.key.size() || (*raw)[0] != 'E' || (*raw)[1] != 'd')
    throw failure(exit_file, file_or_text + ": not a public key of minisign");
  std::copy_n(raw->begin() + 2, id_bytes, made.id.begin());
  std::copy_n(raw->begin() + head_bytes, made.key.size(), made.key.begin());
  return made;
}

secret_key read_secret_key(const std::string &path) {
  const std::string content = read_file(path);
  const std::vector<std::string_view> lines = lines_of(content);
  const auto raw = from_base64(lines.size() > 1 ? lines[1] : "");
  // Algorithms of the key, of its encryption and of its checksum; salt and limits; id, key, sum.
  constexpr std::size_t salt_bytes = 32, limit_bytes = 16, sum_bytes = 32;
  constexpr std::size_t body = 6 + salt_bytes + limit_bytes;
  secret_key made{};
  if (!raw || raw->size() != body + id_bytes + made.key.size() + sum_bytes || (*raw)[0] != 'E' ||
      (*raw)[1] != 'd')
    throw failure(exit_file, path + ": not a secret key of minisign");
  if ((*raw)[2] != 0 || (*raw)[3] != 0)
    throw failure(exit_file, path + ": the key has a password, and nobody is there to be asked for "
                                    "it; make one with `minisign -G -W`");
  const unsigned char *const at = raw->data() + body;
  std::copy_n(at + id_bytes, made.key.size(), made.key.begin());
  // minisign 0.11 leaves the checksum of a key without a password empty, so the key itself has to
  // tell: its second half follows from the first.
  unsigned char derived_public[crypto_sign_PUBLICKEYBYTES], derived[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(derived_public, derived, made.key.data());
  if (std::memcmp(derived, made.key.data(), sizeof derived) != 0)
    throw failure(exit_file, path + ": the key is damaged");
  std::copy_n(at, id_bytes, made.id.begin());
  return made;
}

std::string sign(std::string_view content, const secret_key &with,
                 std::string_view trusted_comment) {
  const bytes hash = hash_of(content);
  bytes first{'E', 'D'};
  first.insert(first.end(), with.id.begin(), with.id.end());
  first.resize(head_bytes + crypto_sign_BYTES);
  crypto_sign_detached(first.data() + head_bytes, nullptr, hash.data(), hash.size(),
                       with.key.data());
  const bytes all = global_content(first.data() + head_bytes, trusted_comment);
  bytes global(crypto_sign_BYTES);
  crypto_sign_detached(global.data(), nullptr, all.data(), all.size(), with.key.data());
  return std::string(comment_mark) + "signature of tltune\n" + to_base64(first) + "\n" +
         std::string(trusted_mark) + std::string(trusted_comment) + "\n" + to_base64(global) + "\n";
}

bool is_signed(std::string_view content, std::string_view signature,
               const std::vector<public_key> &by) {
  const auto lines = parse(signature);
  if (!lines || lines->first[0] != 'E')
    return false;
  const bool hashed = lines->first[1] == 'D';
  if (!hashed && lines->first[1] != 'd')
    return false;
  const bytes message = hashed ? hash_of(content) : bytes(content.begin(), content.end());
  const unsigned char *const made = lines->first.data() + head_bytes;
  const bytes all = global_content(made, lines->trusted_comment);
  return std::ranges::any_of(by, [&](const public_key &it) {
    return std::equal(it.id.begin(), it.id.end(), lines->first.begin() + 2) &&
           crypto_sign_verify_detached(made, message.data(), message.size(), it.key.data()) == 0 &&
           crypto_sign_verify_detached(lines->global.data(), all.data(), all.size(),
                                       it.key.data()) == 0;
  });
}

} // namespace tl::tool::remote
