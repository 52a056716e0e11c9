// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "settings.h"

#include "failure.h"
#include "files.h"

#include <charconv>
#include <climits>
#include <unistd.h>

namespace tl::tool::remote {

std::string settings::shown_url() const {
  const std::size_t begin = url.find("://") + 3;
  const std::size_t path = url.find('/', begin);
  const std::size_t at = url.rfind('@', path);
  std::string shown = url.substr(0, url.find('?'));
  if (at != std::string::npos && at >= begin)
    shown.erase(begin, at + 1 - begin);
  return shown;
}

static constexpr int longest_s = 86400, longest_wait_ms = 600000;

static int number_of(const std::string &word, const std::string &value, int most,
                     const char *unit) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < 1 || number > most)
    throw failure(exit_usage, "TL_REMOTE: " + word + "=" + value + ": expected 1 to " +
                                  std::to_string(most) + " " + unit);
  return number;
}

static std::string first_line(const std::string &path) {
  const std::string text = read_file(path);
  return text.substr(0, text.find_first_of("\r\n"));
}

settings parse_settings(const std::string &text) {
  settings made;
  made.text = text;
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, sizeof name - 1);
  made.host = name;
  std::size_t end = text.find('|');
  made.url = text.substr(0, end);
  bool known = false;
  for (const char *const scheme : {"http://", "https://", "postgresql://"})
    known = known || (made.url.starts_with(scheme) && made.url.size() > std::string(scheme).size());
  if (!known)
    throw failure(exit_usage, "TL_REMOTE: expected http://..., https://... or postgresql://...");
  while (made.url.ends_with('/') && !made.is_postgres())
    made.url.pop_back();
  while (end != std::string::npos) {
    const std::size_t begin = end + 1;
    end = text.find('|', begin);
    const std::string part = text.substr(begin, end == std::string::npos ? end : end - begin);
    const std::size_t equals = part.find('=');
    const std::string word = part.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (word == "read-only")
      made.read_only = true;
    else if (word == "trust-proofs")
      made.trust_proofs = true;
    else if (word == "bearer-token")
      made.token = value;
    else if (word == "token-file")
      made.token = first_line(value);
    else if (word == "host")
      made.host = value;
    else if (word == "ca")
      made.ca_file = value;
    else if (word == "public-key")
      made.signers.push_back(read_public_key(value));
    else if (word == "secret-key")
      made.own_key = read_secret_key(value);
    else if (word == "idle")
      made.idle_s = number_of(word, value, longest_s, "seconds");
    else if (word == "lease")
      made.lease_s = number_of(word, value, longest_s, "seconds");
    else if (word == "wait")
      made.wait_ms = number_of(word, value, longest_wait_ms, "milliseconds");
    else if (!part.empty())
      throw failure(exit_usage,
                    "TL_REMOTE: unknown word '" + word +
                        "'; known are read-only, trust-proofs, bearer-token=, "
                        "token-file=, ca=, host=, public-key=, secret-key=, idle=, lease=, wait=");
  }
  // A web server takes nothing from strangers; one that does is not what winners should come from.
  if (!made.is_postgres() && made.token.empty())
    made.read_only = true;
  return made;
}

} // namespace tl::tool::remote
