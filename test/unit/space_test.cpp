// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <ranges>
#include <utility>
#include <vector>

namespace {

enum class order { rows, columns };
struct config {
  int tile = 64;
  order walk = order::rows;
  unsigned unroll = 1;
  bool packed = false;
  bool operator==(const config &) const = default;
};

constexpr auto all = tl::space<config>()
                         .axis(&config::tile, {16, 32, 64})
                         .axis(&config::walk, {order::rows, order::columns})
                         .axis(&config::unroll, {1, 2})
                         .where([](config c) { return c.tile > 16 || c.unroll == 1; });

TEST(Space, EnumeratesInOrderAndFilters) {
  static_assert(all.combinations() == 12);
  static_assert(tl::detail::config_count(all) == 10);
  constexpr auto list = tl::detail::config_list<10>(all);
  static_assert(list.data[0] == config{16, order::rows, 1, false});
  static_assert(list.data[1] == config{16, order::columns, 1, false});
  static_assert(list.data[9] == config{64, order::columns, 2, false});
}

TEST(Space, WithoutAxesIsTheDefaultConfig) {
  constexpr auto only = tl::space<config>();
  static_assert(tl::detail::config_count(only) == 1);
  static_assert(tl::detail::config_list<1>(only).data[0] == config{});
}

TEST(Space, SeveralPredicatesMustAllHold) {
  constexpr auto few = all.where([](config c) { return c.tile == 32; }).where([](config c) {
    return c.unroll == 2;
  });
  static_assert(tl::detail::config_count(few) == 2);
}

TEST(Space, ListsAndArraysAreSpacesToo) {
  constexpr auto list = tl::configs_of<config>({{.tile = 8}, {.tile = 16}});
  static_assert(tl::detail::config_count(list) == 2);
  static constexpr config array[] = {{.tile = 1}, {.tile = 2}, {.tile = 3}};
  using namespace tl::keywords;
  constexpr auto option = (configs = array);
  static_assert(tl::detail::config_count(option.value) == 3);
  static_assert(tl::detail::config_list<3>(option.value).data[2].tile == 3);
}

// As most are written: nothing but fields.
struct plain_config {
  int tile = 64;
  order walk = order::rows;
  tl::type_token element = tl::type<float>;
};
constexpr auto plain = tl::space<plain_config>()
                           .axis(&plain_config::tile, {16, 32})
                           .axis(&plain_config::element, {tl::type<float>, tl::type<double>});
using all_type = std::remove_const_t<decltype(all)>;
static_assert(std::ranges::forward_range<const all_type>);
static_assert(std::is_same_v<std::ranges::range_value_t<all_type>, config>);

TEST(Space, IsARangeInConstantExpressions) {
  static_assert(all.size() == 10 && !all.empty());
  static_assert(all[0] == config{16, order::rows, 1, false});
  static_assert(all[1] == config{16, order::columns, 1, false});
  static_assert(all[9] == config{64, order::columns, 2, false});
  static_assert(plain.size() == 4 && plain[1].tile == 16 && plain[2].tile == 32);
  constexpr int sum = [] {
    int result = 0;
    for (const config c : all)
      result += c.tile;
    return result;
  }();
  static_assert(sum == 2 * 16 + 4 * 32 + 4 * 64);
  static_assert(all.where([](config) { return false; }).empty());
}

template <config C> int tile_of() { return C.tile; }

TEST(Space, EachConfigNamesItsVariant) {
  const auto calls = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{tile_of<all[I]>()...};
  }(std::make_index_sequence<all.size()>());
  EXPECT_EQ(calls.size(), 10u);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), 32), 4);
}

TEST(Space, IsARangeAtRunTime) {
  int limit = 40; // known when the program runs only
  const auto some = all.where([limit](config c) { return c.tile < limit; });
  std::vector<config> listed(some.begin(), some.end()), visited;
  some.for_each([&](const config &c) { visited.push_back(c); });
  EXPECT_EQ(listed, visited);
  ASSERT_EQ(some.size(), 6u);
  for (std::size_t i = 0; i < some.size(); ++i)
    EXPECT_EQ(some[i], listed[i]);
  EXPECT_EQ(std::ranges::max(all, {}, &config::tile).tile, 64);
}

TEST(Space, ContainsWhatItsAxesAndPredicatesMake) {
  static_assert(all.contains({32, order::columns, 2, false}));
  static_assert(!all.contains({16, order::rows, 2, false})); // a predicate refuses it
  static_assert(!all.contains({48, order::rows, 1, false})); // no value of the axis
  static_assert(!all.contains({32, order::rows, 1, true}));  // a field without an axis
  static_assert(plain.contains({16, order::rows, tl::type<double>}));
  static_assert(!plain.contains({16, order::columns, tl::type<double>}));
  static_assert(!plain.contains({16, order::rows, tl::type<int>}));
}

TEST(SpaceDeathTest, AnIndexThatIsNoneIsSaid) {
  std::size_t index = 10;
  EXPECT_DEATH(static_cast<void>(all[index]),
               "tl: config 10 of a space of 10 configs was asked for");
  index = 4;
  EXPECT_DEATH(static_cast<void>(plain[index]),
               "tl: config 4 of a space of 4 configs was asked for");
}

} // namespace
