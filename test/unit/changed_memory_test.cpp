// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/inferred_element.h"
#include "runtime/backend/cpu/memory/changed_memory.h"
#include "runtime/backend/cpu/memory/heap_block.h"
#include "runtime/domain/returned.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

std::uintptr_t at(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

bool holds(const std::vector<changed_mapping> &all, std::uintptr_t address) {
  for (const changed_mapping &it : all)
    for (const byte_range &change : it.changes)
      if (address >= change.begin && address < change.end)
        return true;
  return false;
}

TEST(ChangedMemory, FindsWhatWasWrittenAndKnowsWhatItWas) {
  constexpr std::size_t bytes = 64 << 12;
  auto *const mapped = static_cast<char *>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(mapped, MAP_FAILED);
  std::memset(mapped, 1, bytes / 2);
  static int variable = 5;
  const memory_map before = memory_map::read(calling_thread::here(nullptr));
  changed_memory memory(before);
  ASSERT_TRUE(memory.begin());
  mapped[10000] = 2;     // written before
  mapped[bytes - 1] = 3; // never touched before
  mapped[100] = 1;       // written, and the same
  mapped[20000] = 4;     // ignored
  variable = 6;
  ASSERT_TRUE(memory.compare({{at(mapped + 20000), at(mapped + 20001)}}));
  EXPECT_FALSE(memory.vanished());
  EXPECT_TRUE(holds(memory.mappings(), at(mapped + 10000)));
  EXPECT_FALSE(holds(memory.mappings(), at(mapped + 10001)));
  EXPECT_TRUE(holds(memory.mappings(), at(mapped + bytes - 1)));
  EXPECT_FALSE(holds(memory.mappings(), at(mapped + 100)));
  EXPECT_FALSE(holds(memory.mappings(), at(mapped + 20000)));
  EXPECT_TRUE(holds(memory.mappings(), at(&variable)));
  EXPECT_EQ(memory.was(at(mapped + 10000)), 0x0101010101010101u);
  EXPECT_EQ(memory.was(at(mapped + bytes - 8)), 0u);
  ::munmap(mapped, bytes);
}

TEST(ChangedMemory, SaysThatMemoryIsGone) {
  void *const mapped =
      ::mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const memory_map before = memory_map::read(calling_thread::here(nullptr));
  changed_memory memory(before);
  ASSERT_TRUE(memory.begin());
  ::munmap(mapped, 1 << 16);
  ASSERT_TRUE(memory.compare({}));
  EXPECT_TRUE(memory.vanished());
}

TEST(ChangedMemory, AllPagesMayBeWrittenWhereTheKernelDoesNotTell) {
  std::vector<char> data(10 << 12);
  const std::uintptr_t begin = at(data.data()), end = begin + data.size();
  written_pages pages;
  pages.distrust();
  std::size_t bytes = 0;
  pages.for_each(begin, end, [&](std::uintptr_t first, std::uintptr_t last) {
    EXPECT_GE(first, begin);
    EXPECT_LE(last, end);
    bytes += last - first;
  });
  EXPECT_EQ(bytes, data.size());
}

TEST(HeapBlock, DataThatLookLikeHeadersDeceiveNobody) {
  std::thread([] { // a heap of its own
    std::vector<long> data(5000, 101);
    const memory_map map = memory_map::read(calling_thread::here(__builtin_frame_address(0)));
    const memory_extent extent = map.extent(at(&data[2500]));
    EXPECT_EQ(extent.begin, at(data.data()));
    EXPECT_GE(extent.end, at(data.data() + data.size()));
    EXPECT_LT(extent.end, at(data.data() + data.size()) + 24);
    // One past the end is in no block, or in what is left of this one.
    const memory_extent past = map.extent(at(data.data() + data.size()));
    EXPECT_LE(past.end - past.begin, extent.end - extent.begin);
  })
      .join();
}

template <class T> std::uint32_t inferred(std::vector<T> values) {
  inferred_element element;
  element.add(reinterpret_cast<const std::byte *>(values.data()), values.size() * sizeof(T));
  return element.get();
}

TEST(InferredElement, TellsNumbersFromOtherData) {
  EXPECT_EQ(inferred<float>({1.5F, -2.25F, 0.1F, 1e6F}), std::uint32_t{TL_ELEMENT_F32});
  EXPECT_EQ(inferred<double>({1.5, -2.25, 3}), std::uint32_t{TL_ELEMENT_F64});
  EXPECT_EQ(inferred<double>({0.1, 1e-9, 123.456}), std::uint32_t{TL_ELEMENT_F64});
  EXPECT_EQ(inferred<int>({1, 2, 3, 4}), std::uint32_t{TL_ELEMENT_BYTES});
  EXPECT_EQ(inferred<int>({-1, 2, -3, 4}), std::uint32_t{TL_ELEMENT_BYTES});
  EXPECT_EQ(inferred<long>({100, 200}), std::uint32_t{TL_ELEMENT_BYTES});
  EXPECT_EQ(inferred<long>({0, 0}), std::uint32_t{TL_ELEMENT_BYTES});
}

TEST(Returned, ObjectsAreComparedByTheirFields) {
  struct object {
    int count;
    float sums[2];
    unsigned low : 3, high : 5;
  };
  static const tl_member fields[] = {
      {"result.count", TL_MEMBER_NUMBER, TL_ELEMENT_I32, 0, offsetof(object, count), 4, 0, 0},
      {"result.sums", TL_MEMBER_REAL, TL_ELEMENT_F32, 0, offsetof(object, sums), 8, 0, 0},
      {"result.high", TL_MEMBER_NUMBER, TL_ELEMENT_U32, 0, 12, 4, 3, 5}};
  tl_parameter row{};
  row.kind = TL_PARAMETER_VALUE;
  row.size = sizeof(object);
  EXPECT_FALSE(is_comparable(row));
  row.members = fields;
  row.member_count = 3;
  EXPECT_TRUE(is_comparable(row));
  const object expected{3, {1, 2}, 1, 9};
  const auto compare = [&](object actual) {
    return compare_returned(row, reinterpret_cast<const std::byte *>(&actual),
                            reinterpret_cast<const std::byte *>(&expected), {0.01, 0.01, false});
  };
  EXPECT_EQ(compare({3, {1.001F, 2}, 7, 9}), "");
  EXPECT_EQ(compare({4, {1, 2}, 1, 9}), "returned .count 4, expected 3");
  EXPECT_EQ(compare({3, {1, 3}, 1, 9}), "returned .sums[1] 3, expected 2");
  EXPECT_EQ(compare({3, {1, 2}, 1, 10}), "returned .high 10, expected 9");
}

} // namespace
} // namespace tl::rt
