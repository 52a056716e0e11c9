# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks into the database in $TL_CACHE_DIR, for tests.

  winners   factory|problem|config|state
  trials    factory|problem|config|status|reason
  count     number of trials
  sql TEXT  the rows of any query, columns separated by '|'"""

import os
import sqlite3
import sys

# As in runtime/store/schema.h and runtime/domain/trial_status.h, where the numbers are fixed for ever.
TRIAL_STATUS = (
    "running measured wrong crashed timed_out threw exited infeasible device_error cut lost "
    "inconsistent out_of_bounds out_of_memory not_eligible harness_error stopped"
).split()
WINNER_STATE = "provisional final".split()

QUERIES = {
    "winners": """select f.name, p.problem, w.config, winner_state(w.state)
                  from winners w join problems p on p.id = w.problem_id
                  join factories f on f.id = p.factory_id order by 1, 2""",
    "trials": """select f.name, p.problem, t.config, trial_status(t.status), t.reason
                 from trials t join sessions s on s.id = t.session_id
                 join problems p on p.id = s.problem_id
                 join factories f on f.id = p.factory_id order by 1, 2, 3""",
    "count": "select count(*) from trials",
}


def main():
    path = os.path.join(os.environ["TL_CACHE_DIR"], "autotune.db")
    if not os.path.exists(path):
        print(f"no database at {path}")
        return 1
    query = sys.argv[2] if sys.argv[1] == "sql" else QUERIES[sys.argv[1]]
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.create_function("trial_status", 1, lambda number: TRIAL_STATUS[number])
    database.create_function("winner_state", 1, lambda number: WINNER_STATE[number])
    for row in database.execute(query):
        print("|".join(str(column) for column in row))
    return 0


sys.exit(main())
