// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <gtest/gtest.h>

#include <list>

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

} // namespace
