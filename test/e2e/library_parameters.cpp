// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters of the standard library's types. Members that only the tuner's copies need are instantiated at the very end,
// and what compiles without the plugin compiles with it: std::deque was refused, because a body was instantiated while the
// class that it returns was incomplete.
//
// RUN: %clangxx -Wno-unknown-attributes -fsyntax-only %s
// RUN: %clangxx %plugin -fsyntax-only %s
// RUN: %clangxx %plugin -D_GLIBCXX_ASSERTIONS -fsyntax-only %s
// RUN: %clangxx %plugin -O2 -c %s -o %t.o

#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <complex>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <stack>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/autotune.h>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
struct entry {
  int n;
  auto operator<=>(const entry &) const = default;
};
template <> struct std::hash<entry> {
  std::size_t operator()(const entry &it) const { return it.n; }
};

template <class T, config C = config{}>
[[tl::autotune({.unroll = 2}, key = tl::one_problem)]]
int by_reference(T &it) {
  return C.unroll + sizeof it;
}
template <class T, config C = config{}>
[[tl::autotune({.unroll = 2}, key = tl::one_problem)]]
int by_constant(const T &it, int *out) {
  return *out = C.unroll + sizeof it;
}
template <class T, config C = config{}>
[[tl::autotune({.unroll = 2}, key = tl::one_problem)]]
int by_value(T it, int *out) {
  return *out = C.unroll + sizeof it;
}

template <class... T> int use(T &...each) {
  int out = 0;
  return (... + by_reference(each)) + (... + by_constant(each, &out));
}
template <class... T> int copy(T &...each) {
  int out = 0;
  return use(each...) + (... + by_value(each, &out));
}

int sequences(std::vector<entry> &a, std::vector<bool> &b, std::deque<entry> &c, std::list<entry> &d,
              std::forward_list<entry> &e, std::array<entry, 3> &f, std::queue<entry> &g, std::stack<entry> &h,
              std::priority_queue<entry> &i, std::valarray<double> &j, std::deque<std::deque<std::string>> &k) {
  return copy(a, b, c, d, e, f, g, h, i, j, k);
}
int sets(std::map<int, entry> &a, std::multimap<entry, int> &b, std::set<entry> &c, std::multiset<entry> &d,
         std::unordered_map<entry, std::string> &e, std::unordered_set<entry> &f, std::map<std::string, std::vector<entry>> &g) {
  return copy(a, b, c, d, e, f, g);
}
int texts(std::string &a, std::wstring &b, std::u8string &c, std::string_view &d, std::regex &e, std::filesystem::path &f,
          std::error_code &g, std::smatch &h) {
  return copy(a, b, c, d, e, f, g, h);
}
int values(std::optional<entry> &a, std::variant<int, std::string, std::deque<entry>> &b,
           std::tuple<int, std::string, std::list<entry>> &c, std::pair<entry, std::deque<int>> &d, std::any &e,
           std::bitset<70> &f, std::complex<float> &g, std::chrono::nanoseconds &h, std::mt19937_64 &i,
           std::normal_distribution<double> &j) {
  return copy(a, b, c, d, e, f, g, h, i, j);
}
int pointers(std::shared_ptr<entry> &a, std::weak_ptr<entry> &b, std::function<int(entry)> &c, std::span<entry> &d,
             std::span<const entry, 4> &e) {
  return copy(a, b, c, d, e);
}
int owners(std::unique_ptr<entry> &a, std::unique_ptr<entry[]> &b, std::atomic<int> &c, std::mutex &d, std::stringstream &e,
           std::unique_ptr<std::deque<entry>> &f) {
  return use(a, b, c, d, e, f);
}
