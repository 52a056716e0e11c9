// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages between programs and the helper process: what goes in comes out, and what is cut short
// or made up is refused.

#include "store_fixture.h"

#include "runtime/remote/wire.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tl::rt::remote {
namespace {

std::string content_of(std::string message) { return message.substr(size_bytes); }

finding made_up() {
  finding f;
  f.what = test::make_request();
  f.what.factory.last_seen = 0;
  f.best = test::make_winner("c=3", 1000);
  f.best.state = store::winner_state::final;
  f.best.updated = 1700000000000;
  store::proof_record right;
  right.config = "c=3";
  right.facts = "x=64 w=null";
  f.proofs.push_back(right);
  f.session = "00112233445566778899aabbccddeeff";
  f.trials.push_back(test::make_trial("c=3", 1000));
  return f;
}

TEST(RemoteWire, KeyComesOutAsItWentIn) {
  const store::winner_key key = test::make_request("m=64,n=\x01").key();
  packer out(message::lookup);
  out.add(key);
  const std::string content = content_of(out.take());
  unpacker in(content);
  EXPECT_EQ(in.kind(), message::lookup);
  EXPECT_EQ(in.key(), key);
  EXPECT_TRUE(in.complete());
}

TEST(RemoteWire, FindingComesOutAsItWentIn) {
  const finding f = made_up();
  packer out(message::publish);
  out.add(f);
  const std::string content = content_of(out.take());
  unpacker in(content);
  const finding same = in.found();
  ASSERT_TRUE(in.complete());
  EXPECT_EQ(same.what.key(), f.what.key());
  EXPECT_EQ(same.what.factory, f.what.factory);
  EXPECT_EQ(same.what.device, f.what.device);
  EXPECT_EQ(same.best, f.best);
  EXPECT_EQ(same.proofs, f.proofs);
  EXPECT_EQ(same.session, f.session);
  ASSERT_EQ(same.trials.size(), 1u);
  EXPECT_EQ(same.trials[0].config, "c=3");
  EXPECT_EQ(same.trials[0].median_ns, 1000);
  EXPECT_EQ(same.trials[0].attempts, 3u) << "as many samples as there were";
}

TEST(RemoteWire, MessageThatIsCutShortIsRefused) {
  packer out(message::publish);
  out.add(made_up());
  const std::string content = content_of(out.take());
  for (std::size_t size = 0; size < content.size(); ++size) {
    unpacker in(std::string_view(content).substr(0, size));
    static_cast<void>(in.found());
    EXPECT_FALSE(in.complete()) << size;
  }
}

TEST(RemoteWire, RubbishIsReadWithoutHarm) {
  packer out(message::winner);
  out.add(foreign_winner{made_up().best, made_up().proofs, "host"});
  const std::string whole = content_of(out.take());
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string content = whole;
    for (int n = 0; n < 4; ++n)
      content[2 + random() % (content.size() - 2)] = static_cast<char>(random());
    unpacker in(content);
    const foreign_winner read = in.foreign();
    EXPECT_LE(read.proofs.size(), content.size());
    EXPECT_LE(read.best.config.size(), content.size());
  }
}

TEST(RemoteWire, OtherVersionIsRefused) {
  std::string content = content_of(packer(message::none).take());
  content[0] = wire_version + 1;
  EXPECT_FALSE(unpacker(content).good());
}

} // namespace
} // namespace tl::rt::remote
