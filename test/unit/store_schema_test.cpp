// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/database.md says what the runtime writes, and looking up a winner scans no table.

#include "runtime/store/database.h"
#include "runtime/store/migration.h"
#include "runtime/store/rows.h"
#include "runtime/store/schema.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

using namespace tl::rt::store;
using namespace tl::test;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

/// Every table with its columns and constraints, every index with its columns.
std::vector<std::string> describe(connection &db) {
  std::vector<std::string> lines;
  statement columns = db.prepare(
      "SELECT m.name, c.cid, c.name, c.type, c.\"notnull\", ifnull(c.dflt_value, ''), c.pk "
      "FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2");
  while (columns.step())
    lines.push_back(columns.text(0) + "." + columns.text(2) + " " + columns.text(3) + " not null " +
                    columns.text(4) + " default " + columns.text(5) + " key " + columns.text(6));
  statement indexes =
      db.prepare("SELECT m.name, i.name, i.\"unique\", c.seqno, c.name FROM sqlite_schema m JOIN "
                 "pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c "
                 "WHERE m.type = 'table' ORDER BY 1, 2, 4");
  while (indexes.step())
    lines.push_back(indexes.text(0) + " " + indexes.text(1) + " unique " + indexes.text(2) + " " +
                    indexes.text(4));
  statement references = db.prepare(
      "SELECT m.name, f.\"from\", f.\"table\", f.\"to\", f.on_delete FROM sqlite_schema m "
      "JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1, 2");
  while (references.step())
    lines.push_back(references.text(0) + "." + references.text(1) + " refers to " +
                    references.text(2) + "." + references.text(3) + " " + references.text(4));
  return lines;
}

class StoreSchema : public ::testing::Test {
protected:
  temporary_directory directory;
  std::string doc = read_file(TL_SOURCE_DIR "/docs/database.md");
};

TEST_F(StoreSchema, DocumentedTablesAreTheRealOnes) {
  const std::size_t begin = doc.find("```sql\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string sql = doc.substr(begin + 7, doc.find("```", begin + 7) - begin - 7);
  connection documented(directory / "documented.db", connection::access::create);
  documented.execute(sql.c_str());
  connection real(directory / "real.db", connection::access::create);
  ASSERT_EQ(migrate(real).what, file_version::kind::ours);
  const auto expected = describe(real);
  EXPECT_GT(expected.size(), 60u);
  EXPECT_EQ(describe(documented), expected);
  EXPECT_EQ(real.integer("PRAGMA application_id"), 0x544c6174);
  EXPECT_EQ(real.integer("PRAGMA user_version"), schema_version);
  EXPECT_THAT(doc, HasSubstr("schema version: **" + std::to_string(schema_version) + "**"));
}

template <class Code> void expect_documented(const std::string &doc, int count) {
  for (int code = 0; code < count; ++code)
    EXPECT_THAT(doc, HasSubstr("| " + std::to_string(code) + " | " +
                               std::string(to_string(Code{code})) + " |"));
  EXPECT_EQ(to_string(Code{count}), "unknown")
      << "a code was added: extend the documentation and this test";
}

TEST_F(StoreSchema, EveryCodeIsDocumented) {
  expect_documented<trial_status>(doc, 17);
  expect_documented<session_state>(doc, 4);
  expect_documented<measure_mode>(doc, 2);
  expect_documented<winner_state>(doc, 2);
}

TEST_F(StoreSchema, CodesKeepTheirNumbers) {
  // Databases out there hold these numbers.
  EXPECT_EQ(static_cast<int>(trial_status::measured), 1);
  EXPECT_EQ(static_cast<int>(trial_status::crashed), 3);
  EXPECT_EQ(static_cast<int>(trial_status::lost), 10);
  EXPECT_EQ(static_cast<int>(trial_status::harness_error), 15);
  EXPECT_EQ(static_cast<int>(trial_status::stopped), 16);
  EXPECT_EQ(static_cast<int>(session_state::budget), 2);
  EXPECT_EQ(static_cast<int>(winner_state::final), 1);
}

TEST_F(StoreSchema, ReleasedMigrationsDoNotChange) {
  // A database that has run them keeps what they made. Add a step, never edit one.
  ASSERT_EQ(migrations().size(), static_cast<std::size_t>(schema_version));
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char *const step : migrations().first(2))
    for (const char *at = step; *at; ++at)
      hash = (hash ^ static_cast<unsigned char>(*at)) * 0x100000001b3u;
  EXPECT_EQ(hash, 7343578376608906222u);
  for (const char *const step : migrations().subspan(2, 1))
    for (const char *at = step; *at; ++at)
      hash = (hash ^ static_cast<unsigned char>(*at)) * 0x100000001b3u;
  EXPECT_EQ(hash, 2356899444575006511u);
}

TEST_F(StoreSchema, LookingUpAWinnerScansNoTable) {
  const std::string path = directory / "autotune.db";
  tuning_store store(quick_options(path));
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 1)));
  connection db(path, connection::access::read_only);
  statement plan = db.prepare("EXPLAIN QUERY PLAN " + find_winner_sql(schema_version));
  int steps = 0;
  while (plan.step()) {
    ++steps;
    EXPECT_THAT(plan.text(3), Not(HasSubstr("SCAN p"))) << plan.text(3);
    EXPECT_THAT(plan.text(3), ::testing::AnyOf(HasSubstr("SEARCH"), HasSubstr("SUBQUERY")))
        << plan.text(3);
  }
  EXPECT_GE(steps, 4);
}

} // namespace
