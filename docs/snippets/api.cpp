// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

using namespace tl::keywords;

// snippet: view
struct image { // a view type of the program's own
  float *pixels;
  int width, height;
};

template <> struct tl::view_traits<image> {
  static constexpr bool is_view = true;
  using element = float;
  static constexpr std::uint32_t access = TL_ACCESS_INOUT;
  static constexpr std::size_t rank = 2;
  static tl_view view(const image &it) {
    tl_view result{};
    result.data = it.pixels;
    result.bytes = std::uint64_t(it.width) * std::uint64_t(it.height) * sizeof(float);
    result.rank = 2;
    result.shape[0] = std::uint64_t(it.height), result.shape[1] = std::uint64_t(it.width); // [elements]
    result.strides[0] = it.width, result.strides[1] = 1;                                    // [elements]
    return result;
  }
  static void rebase(image &it, void *data) { it.pixels = static_cast<float *>(data); }
};

struct rows_config {
  int rows = 1;
};

template <rows_config C = rows_config{}>
[[tl::autotune({.rows = 1}, {.rows = 4})]]
void brighten(float by, image it) {
  for (int y = 0; y < it.height; y += C.rows)
    for (int x = 0; x < it.width; ++x)
      for (int k = y; k < y + C.rows && k < it.height; ++k)
        it.pixels[k * it.width + x] += by;
}
// end

// snippet: type
struct dot_config {
  tl::type_token accumulator = tl::type<float>;
  int unroll = 1;
};

template <class accumulator = float, int unroll = 1>
[[tl::autotune(configs = tl::space<dot_config>()
                   .axis(&dot_config::accumulator, {tl::type<float>, tl::type<double>})
                   .axis(&dot_config::unroll, {1, 4}))]]
float dot(int n, const float *a, const float *b) {
  accumulator partial[unroll] = {};
  for (int i = 0; i < n; ++i)
    partial[i % unroll] += accumulator(a[i]) * accumulator(b[i]);
  accumulator sum = 0;
  for (const accumulator part : partial)
    sum += part;
  return float(sum);
}
// end

// snippet: key
std::array<int, 2> tall_and_wide(int m, int n, const float *, float *) {
  return {tl::bucket_pow2(m), n <= 64 ? 0 : 1};
}

template <rows_config C = rows_config{}>
[[tl::autotune({.rows = 1}, {.rows = 8}, key = tall_and_wide)]]
void copy(int m, int n, const float *from, float *to) {
  for (int y = 0; y < m; y += C.rows)
    for (int k = y; k < y + C.rows && k < m; ++k)
      for (int x = 0; x < n; ++x)
        to[k * n + x] = from[k * n + x];
}
// end

// snippet: loop
constexpr auto copy_space = tl::space<rows_config>().axis(&rows_config::rows, {1, 2, 8});

static_assert(copy_space.size() == 3 && copy_space.contains({.rows = 8}));

template <std::size_t... I> // every variant once, and how many copied all
std::size_t try_all(std::index_sequence<I...>, int m, int n, const float *from, float *to) {
  std::size_t right = 0;
  ((std::fill_n(to, m * n, -1.0f), copy<copy_space[I]>(m, n, from, to),
    right += std::equal(from, from + m * n, to)),
   ...);
  return right;
}

void print_all() {
  for (const rows_config c : copy_space)
    std::printf("rows=%d\n", c.rows);
}
// end

int main() {
  std::vector<float> a(64 * 32, 1.0f), b(64 * 32, 2.0f);
  brighten(1.0f, image{a.data(), 64, 32});
  const float sum = dot(64 * 32, a.data(), b.data());
  copy(32, 64, a.data(), b.data());
  print_all();
  const auto each = std::make_index_sequence<copy_space.size()>();
  const bool all = try_all(each, 32, 64, a.data(), b.data()) == copy_space.size();
  std::puts(all && a[5] == 2 && sum == 8192 && b[7] == 2 ? "right" : "wrong");
}
