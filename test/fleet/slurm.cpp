// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of docs/fleet.md for a job array of Slurm, on a Slurm of this machine alone: four parts of a space are
// tuned by four jobs, and joined.
//
// REQUIRES: slurm
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: rm -rf %t.jobs && mkdir %t.jobs && cd %t.jobs
// RUN: %python %S/Inputs/slurm.py env TLTUNE=%tltune PROGRAM=%t sbatch --wait --array=1-4 --wrap \
// RUN:   '$TLTUNE run --part $SLURM_ARRAY_TASK_ID/4 --parts-in parts -- $PROGRAM 100'
// RUN: %tltune status parts | FileCheck %s --check-prefix=STATUS
// STATUS-COUNT-4: -of-4 {{.*}} done
// RUN: %tltune merge parts/*/autotune.db | FileCheck %s --check-prefix=MERGED
// MERGED: added 4 sessions with {{7|8}} trials
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: scale|n=100,who=1|unroll=2|final

#include "program.h"
