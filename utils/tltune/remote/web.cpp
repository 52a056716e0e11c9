// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners as objects of a web server, in the way of ccache and sccache: GET, HEAD and PUT of one
// object for each key, a bearer token for those who write.

#include "backend.h"

#include "format.h"
#include "json.h"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>
#include <mutex>
#include <random>

namespace tl::tool::remote {
namespace {

/// A helper can wait longer than its programs do: what comes late is kept for the next one.
constexpr long connect_ms = 2000, whole_ms = 5000;
constexpr std::size_t most_index_bytes = 4 << 20, most_error_bytes = 4 << 10;
/// Objects are spread over this many indexes.
constexpr int indexes = 256;
/// How often a change is tried again that somebody else's has come before.
constexpr int most_tries = 3;
constexpr std::size_t most_measurements = 64;

enum status : long {
  ok = 200,
  not_found = 404,
  gone = 410,
  precondition_failed = 412,
};

struct answer {
  long status = 0;
  std::string body, etag;
  std::time_t date = 0, modified = 0; ///< by the server's clock; 0: not said
};

struct request {
  const char *method = "GET";
  std::string path, body;
  std::string only_if; ///< a header: "If-Match: ..." or "If-None-Match: *"
  std::size_t most_bytes = most_document_bytes;
};

struct receiver {
  answer *into;
  std::size_t most;
  bool too_large = false;
};

std::size_t on_body(char *data, std::size_t, std::size_t size, void *user) {
  auto &to = *static_cast<receiver *>(user);
  if (to.into->body.size() + size > to.most) {
    to.too_large = true;
    return 0;
  }
  to.into->body.append(data, size);
  return size;
}

std::size_t on_header(char *data, std::size_t, std::size_t size, void *user) {
  auto &to = *static_cast<answer *>(user);
  std::string_view line(data, size);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
    line.remove_prefix(1);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
    line.remove_suffix(1);
  const std::string value(line.substr(0, 256));
  if (name == "etag")
    to.etag = value;
  else if (name == "date")
    to.date = std::max<std::time_t>(0, curl_getdate(value.c_str(), nullptr));
  else if (name == "last-modified")
    to.modified = std::max<std::time_t>(0, curl_getdate(value.c_str(), nullptr));
  return size;
}

class web final : public backend {
public:
  explicit web(const settings &with) : with_(with) { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~web() override {
    for (CURL *const it : idle_)
      curl_easy_cleanup(it);
  }

  std::optional<stored_object> get(const std::string &name) override {
    for (int tries = 0; tries < most_tries; ++tries) {
      stored_object made;
      const answer got = fetch(object_path(name));
      if (got.status != ok)
        return std::nullopt;
      made.text = got.body;
      if (with_.signers.empty())
        return made;
      if (const answer signature = fetch(object_path(name) + ".minisig"); signature.status == ok)
        made.signature = signature.body;
      // The two are not written at once: look again where they are not of each other.
      if (is_signed(made.text, made.signature, with_.signers) || tries + 1 == most_tries)
        return made;
    }
    return std::nullopt;
  }

  bool put(const std::string &name, const row &what, const stored_object &object) override {
    for (int tries = 0; tries < most_tries; ++tries) {
      const answer there = fetch(object_path(name));
      std::string why;
      if (there.status == ok) {
        stored_object present{there.body, {}};
        if (!with_.signers.empty())
          present.signature = fetch(object_path(name) + ".minisig").body;
        // What must not be used is replaced.
        if (const auto stored = checked(with_, name, present, why);
            stored && !is_better(what.winner.best, stored->winner.best))
          return false;
      }
      // First the signature: a reader that comes in between looks again.
      if (!object.signature.empty())
        store(object_path(name) + ".minisig", object.signature, {});
      if (!store(object_path(name), object.text, condition(there)))
        continue;
      add_to_index(name);
      return true;
    }
    return false;
  }

  lease_result lease(const std::string &name, const std::string &holder, int seconds) override {
    if (with_.read_only)
      return {lease_result::outcome::unsupported, "this place is only read"};
    const std::string path = "/leases/" + name;
    const answer there = fetch(path);
    if (there.status == ok)
      if (const std::string other = live_holder(there); !other.empty() && other != holder)
        return {lease_result::outcome::held, other};
    const json mine{
        {"holder", holder}, {"seconds", seconds}, {"until_ms", now_ms() + 1000 * seconds}};
    if (!store(path, mine.dump() + "\n", condition(there)))
      return {lease_result::outcome::held, "another machine, which came first"};
    // A server that knows no conditions lets two write; the later one has it.
    const answer again = fetch(path);
    const json written = again.status == ok ? parse(again.body) : json();
    if (written == mine)
      return {lease_result::outcome::granted, ""};
    const std::string other = again.status == ok ? live_holder(again) : "";
    return other.empty() || other == holder
               ? lease_result{lease_result::outcome::unsupported, "this place does not keep them"}
               : lease_result{lease_result::outcome::held, other};
  }

  void release(const std::string &name, const std::string &holder) override {
    const std::string path = "/leases/" + name;
    const answer there = fetch(path);
    if (there.status != ok || live_holder(there) != holder)
      return;
    request remove{.method = "DELETE", .path = path, .body = {}, .only_if = {}};
    if (const answer done = perform(remove); done.status / 100 == 2 || done.status == not_found)
      return;
    const json over{{"holder", holder}, {"seconds", 0}, {"until_ms", 0}};
    store(path, over.dump() + "\n", {});
  }

  void add_measurement(const std::string &name, const measurement &made) override {
    for (int tries = 0; tries < most_tries; ++tries) {
      const answer there = fetch(measured_path(name));
      std::vector<measurement> all = parse_measurements(there);
      std::erase_if(all, [&](const measurement &it) { return it.host == made.host; });
      all.push_back(made);
      if (all.size() > most_measurements)
        all.erase(all.begin());
      json list = json::array();
      for (const measurement &it : all)
        list.push_back({{"host", it.host},
                        {"config", it.config},
                        {"median_ns", it.median_ns},
                        {"at_ms", it.at_ms}});
      if (store(measured_path(name), list.dump() + "\n", condition(there)))
        return;
    }
  }

  void add_trials(const std::string &, const rt::remote::finding &) override {}

  std::vector<measurement> measurements(const std::string &name) override {
    return parse_measurements(fetch(measured_path(name)));
  }

  void list(std::size_t most,
            const std::function<bool(const std::string &, const stored_object &)> &each) override {
    std::size_t seen = 0;
    for (int i = 0; i < indexes; ++i)
      for (const std::string &name : read_index(fetch(index_path(i), most_index_bytes)))
        if (const auto object = get(name)) {
          if (seen++ == most || !each(name, *object))
            return;
        }
  }

private:
  static std::string object_path(const std::string &name) {
    return "/winners/" + name.substr(0, 2) + "/" + name + ".json";
  }
  static std::string measured_path(const std::string &name) {
    return "/measured/" + name.substr(0, 2) + "/" + name + ".json";
  }
  static std::string index_path(int number) {
    static constexpr char digits[] = "0123456789abcdef";
    return std::string("/index/") + digits[number / 16] + digits[number % 16];
  }

  /// Only what was seen is replaced, where the server can tell.
  static std::string condition(const answer &seen) {
    if (seen.status != ok)
      return "If-None-Match: *";
    return seen.etag.empty() || seen.etag.starts_with("W/") ? "" : "If-Match: " + seen.etag;
  }

  static std::vector<std::string> read_index(const answer &from) {
    std::vector<std::string> names;
    if (from.status != ok)
      return names;
    std::string_view rest = from.body;
    constexpr std::size_t name_size = 64;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      if (line.size() == name_size &&
          line.find_first_not_of("0123456789abcdef") == std::string_view::npos)
        names.emplace_back(line);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return names;
  }

  /// For those who list: a web server cannot say what it has.
  void add_to_index(const std::string &name) {
    const std::string path = "/index/" + name.substr(0, 2);
    for (int tries = 0; tries < most_tries; ++tries) {
      const answer there = fetch(path, most_index_bytes);
      std::vector<std::string> names = read_index(there);
      if (std::ranges::find(names, name) != names.end())
        return;
      names.push_back(name);
      std::string text;
      for (const std::string &it : names)
        text += it + "\n";
      if (store(path, text, condition(there)))
        return;
    }
  }

  static std::vector<measurement> parse_measurements(const answer &from) {
    std::vector<measurement> all;
    const json list = from.status == ok ? parse(from.body) : json();
    if (!list.is_array())
      return all;
    for (const json &it : list)
      try {
        all.push_back({it.at("host").get<std::string>(), it.at("config").get<std::string>(),
                       it.at("median_ns").get<double>(), it.at("at_ms").get<std::int64_t>()});
      } catch (const json::exception &) { // somebody else's
      }
    return all;
  }

  /// Who holds a lease now, "" where it has ended. By the server's own clock, where that is told.
  static std::string live_holder(const answer &lease) {
    const json it = parse(lease.body);
    try {
      const std::string holder = it.at("holder").get<std::string>();
      const std::int64_t seconds = it.at("seconds").get<std::int64_t>();
      constexpr std::int64_t longest_s = 3600; // no lease of ours
      if (seconds <= 0 || seconds > longest_s)
        return {};
      if (lease.date != 0 && lease.modified != 0)
        return lease.date - lease.modified > seconds ? "" : holder;
      const std::int64_t left_ms = it.at("until_ms").get<std::int64_t>() - now_ms();
      return left_ms <= 0 || left_ms > 1000 * longest_s ? "" : holder;
    } catch (const json::exception &) {
      return {};
    }
  }

  answer fetch(const std::string &path, std::size_t most = most_document_bytes) {
    request what;
    what.path = path;
    what.most_bytes = most;
    answer got = perform(what);
    if (got.status != ok && got.status != not_found && got.status != gone)
      throw unreachable(with_.shown_url() + path + ": status " + std::to_string(got.status));
    return got;
  }

  /// False where the condition was not met.
  bool store(const std::string &path, const std::string &body, const std::string &only_if) {
    if (with_.read_only)
      throw unreachable(with_.shown_url() + " is only read: there is no bearer-token, or the word "
                                            "read-only");
    const answer done = perform({.method = "PUT", .path = path, .body = body, .only_if = only_if});
    constexpr long conflict = 409;
    if (done.status == precondition_failed || done.status == conflict)
      return false;
    if (done.status / 100 != 2)
      throw unreachable(with_.shown_url() + path + ": status " + std::to_string(done.status) +
                        " for PUT");
    return true;
  }

  CURL *take_handle() {
    const std::lock_guard lock(guard_);
    if (idle_.empty())
      return curl_easy_init();
    CURL *const it = idle_.back();
    idle_.pop_back();
    curl_easy_reset(it); // keeps the connection
    return it;
  }

  answer perform(const request &what) {
    CURL *const handle = take_handle();
    if (!handle)
      throw unreachable("libcurl has no handle");
    answer made;
    receiver into{&made, what.most_bytes};
    std::string url = with_.url + what.path;
    curl_slist *headers = nullptr;
    if (!with_.token.empty())
      headers = curl_slist_append(headers, ("Authorization: Bearer " + with_.token).c_str());
    if (!what.only_if.empty())
      headers = curl_slist_append(headers, what.only_if.c_str());
    const auto set = [&](CURLoption option, auto value) {
      curl_easy_setopt(handle, option, value);
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    set(CURLOPT_TIMEOUT_MS, whole_ms);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L); // a token must not go elsewhere
    set(CURLOPT_USERAGENT, "tltune");
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, &into);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &made);
    if (!with_.ca_file.empty())
      set(CURLOPT_CAINFO, with_.ca_file.c_str());
    if (what.method != std::string_view("GET")) {
      set(CURLOPT_CUSTOMREQUEST, what.method);
      if (what.method == std::string_view("PUT")) {
        set(CURLOPT_POSTFIELDS, what.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
      }
      into.most = most_error_bytes;
    }
    const CURLcode done = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &made.status);
    curl_slist_free_all(headers);
    if (done == CURLE_OK) {
      const std::lock_guard lock(guard_);
      idle_.push_back(handle);
      return made;
    }
    curl_easy_cleanup(handle);
    if (into.too_large && made.status / 100 == 2 && what.method == std::string_view("GET")) {
      made.body.clear(); // no winner of ours is as large
      return made;
    }
    if (into.too_large)
      return made;
    throw unreachable(with_.shown_url() + ": " + curl_easy_strerror(done));
  }

  const settings with_;
  std::mutex guard_;
  std::vector<CURL *> idle_;
};

} // namespace

std::unique_ptr<backend> open_web(const settings &with) { return std::make_unique<web>(with); }

} // namespace tl::tool::remote
