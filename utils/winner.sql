-- SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
-- The stored winners, for people.
select factories.name as factory, problems.problem, devices.identity as device, winners.config as winner,
       printf('%.3f ms', winners.median_ns / 1e6) as median,
       factories.default_config as "default",
       printf('%.3f ms', winners.default_median_ns / 1e6) as default_median,
       printf('%.2f', winners.default_median_ns / winners.median_ns) as "speed-up",
       winners.runner_up as "runner-up", printf('%.2f %%', 100 * winners.margin) as margin,
       winners.confidence, winners.trials
from winners
join problems on problems.id = winners.problem_id
join factories on factories.id = problems.factory_id
join devices on devices.id = problems.device_id
order by winners.updated;
