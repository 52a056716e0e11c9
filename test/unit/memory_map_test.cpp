// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/backend/cpu/memory/region.h"

#include "test_factory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <dlfcn.h>

#include <cstdlib>
#include <memory>
#include <pthread.h>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

int one_variable[100];

std::uintptr_t at(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

memory_map map_here() { return memory_map::read(calling_thread::here(__builtin_frame_address(0))); }

TEST(MemoryMap, AHeapBlockEndsWhereMallocSays) {
  // Blocks before and after, of all sizes, some of them free again.
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t i = 1; i < 200; ++i)
    blocks.push_back(std::make_unique<char[]>(i * 17));
  for (std::size_t i = 0; i < blocks.size(); i += 3)
    blocks[i].reset();
  const memory_map map = map_here();
  for (std::size_t i = 1; i < blocks.size(); i += 3) {
    const std::size_t bytes = (i + 1) * 17;
    for (const std::size_t inside : {std::size_t(0), bytes / 2, bytes - 1}) {
      const memory_extent extent = map.extent(at(blocks[i].get() + inside));
      EXPECT_EQ(extent.place, memory_place::heap);
      EXPECT_EQ(extent.begin, at(blocks[i].get()));
      EXPECT_GE(extent.end, at(blocks[i].get() + bytes));
      EXPECT_LT(extent.end, at(blocks[i].get() + bytes) + 24);
    }
  }
}

thread_local int thread_variable = 1;

// A buffer that lies directly behind a thread's stack and block, all in one mapping.
TEST(MemoryMap, NothingReachesIntoAThreadsOwnBlock) {
  constexpr std::size_t stack_bytes = 1 << 20, all = stack_bytes + (4 << 20);
  char *const memory = static_cast<char *>(
      ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstack(&attributes, memory, stack_bytes), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void *stack) -> void * {
                  const std::uintptr_t buffer = at(stack) + stack_bytes + 5000;
                  const calling_thread here = calling_thread::here(__builtin_frame_address(0));
                  const std::uintptr_t variable = at(&thread_variable);
                  const auto expect_apart = [&](const memory_map &map) {
                    EXPECT_GT(map.find(buffer)->begin, here.pointer);
                    EXPECT_LE(map.find(buffer)->begin, at(stack) + stack_bytes + 4096);
                    EXPECT_LE(map.find(here.frame)->end, variable);
                    EXPECT_EQ(map.place(here.frame), memory_place::stack);
                    EXPECT_GT(map.find(variable)->begin, here.frame);
                    EXPECT_LE(map.find(variable)->end, here.pointer);
                  };
                  expect_apart(memory_map::read(here));
                  // And seen from another thread, as a worker's is.
                  std::thread([&] { expect_apart(memory_map::read(here)); }).join();
                  return nullptr;
                },
                memory),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  ::munmap(memory, all);
}

// The kernel notes there on which CPU the thread runs, at any moment.
TEST(MemoryMap, NothingReachesIntoWhatTheKernelKeepsOfAThread) {
  const auto *const offset =
      static_cast<const std::ptrdiff_t *>(::dlsym(RTLD_DEFAULT, "__rseq_offset"));
  const auto *const size = static_cast<const unsigned *>(::dlsym(RTLD_DEFAULT, "__rseq_size"));
  if (!offset || !size || *size == 0)
    GTEST_SKIP() << "this C library registers no rseq";
  // Of a thread that was started, stack, variables and block are one mapping.
  std::thread([&] {
    char buffer[64] = {};
    const calling_thread here = calling_thread::here(__builtin_frame_address(0));
    const memory_map map = memory_map::read(here);
    const std::uintptr_t record = here.pointer + static_cast<std::uintptr_t>(*offset);
    const memory_mapping *const piece = map.find(record);
    ASSERT_TRUE(piece);
    EXPECT_GE(piece->end, record + *size);
    for (const std::uintptr_t object : {at(buffer), at(&thread_variable)}) {
      const memory_extent extent = map.extent(object);
      EXPECT_GT(extent.end, object);
      EXPECT_TRUE(extent.end <= record || extent.begin >= record + *size)
          << extent.end - record << " bytes of the record";
    }
  }).join();
}

TEST(MemoryMap, ALargeBlockIsAMappingOfItsOwn) {
  constexpr std::size_t bytes = std::size_t(40) << 20;
  const auto block = std::make_unique<char[]>(bytes);
  const memory_extent extent = map_here().extent(at(block.get()));
  EXPECT_EQ(extent.begin, at(block.get()));
  EXPECT_GE(extent.end, at(block.get()) + bytes);
  EXPECT_LT(extent.end, at(block.get()) + bytes + 8192);
}

TEST(MemoryMap, AVariableEndsWhereItsSymbolSays) {
  const memory_extent extent = map_here().extent(at(&one_variable[50]));
  EXPECT_EQ(extent.place, memory_place::image);
  EXPECT_EQ(extent.begin, at(&one_variable[0]));
  EXPECT_EQ(extent.end, at(&one_variable[100]));
}

TEST(MemoryMap, MemoryMappedForItselfAndNothingAtAll) {
  void *mapped =
      ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const memory_map map = map_here();
  const memory_extent extent = map.extent(at(mapped) + 5000);
  EXPECT_EQ(extent.place, memory_place::anonymous);
  EXPECT_LE(extent.begin, at(mapped));
  EXPECT_GE(extent.end, at(mapped) + (1 << 20));
  EXPECT_TRUE(map.find(at(mapped))->shared);
  ::munmap(mapped, 1 << 20);
  EXPECT_EQ(map_here().find(16), nullptr);
  EXPECT_EQ(map_here().extent(16).end, 0u);
}

memory_region region(std::uintptr_t begin, std::uintptr_t end, std::uint32_t argument,
                     std::uint32_t access, bool exact, std::uintptr_t anchor = 0) {
  memory_region made;
  made.begin = begin;
  made.end = end;
  made.anchor = anchor != 0 ? anchor : begin;
  made.argument = argument;
  made.access = access;
  made.exact = exact;
  return made;
}

TEST(CutRegions, ExactWinsOverGuessedAndWrittenOverRead) {
  const auto cut = cut_regions({region(100, 200, 0, TL_ACCESS_IN, true),
                                region(150, 250, 1, TL_ACCESS_OUT, true),
                                region(0, 1000, 2, TL_ACCESS_UNKNOWN, false)});
  ASSERT_EQ(cut.size(), 5u);
  EXPECT_EQ(cut[0].argument, 2u);
  EXPECT_EQ(cut[1].argument, 0u);
  EXPECT_EQ(cut[1].end, 150u);
  // Written by one argument, read by another: nothing there may be poisoned.
  EXPECT_EQ(cut[2].argument, 1u);
  EXPECT_EQ(cut[2].access, std::uint32_t{TL_ACCESS_INOUT});
  EXPECT_EQ(cut[3].access, std::uint32_t{TL_ACCESS_OUT});
  EXPECT_EQ(cut[3].end, 250u);
  EXPECT_EQ(cut[4].argument, 2u);
  EXPECT_EQ(cut[4].end, 1000u);
}

TEST(CutRegions, PointersIntoOneObjectReachToTheNext) {
  const auto cut = cut_regions({region(0, 1000, 0, TL_ACCESS_IN, false, 96),
                                region(0, 1000, 1, TL_ACCESS_UNKNOWN, false, 400)});
  ASSERT_EQ(cut.size(), 2u);
  EXPECT_EQ(cut[0].argument, 0u);
  EXPECT_EQ(cut[0].begin, 0u);
  EXPECT_EQ(cut[1].argument, 1u);
  EXPECT_EQ(cut[1].begin, 400u);
  EXPECT_EQ(cut[1].end, 1000u);
}

} // namespace
} // namespace tl::rt
