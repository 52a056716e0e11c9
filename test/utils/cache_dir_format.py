# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The format of our lit tests: shell tests, each with a database of its own."""

import copy
import os
import shutil

import lit.formats
import lit.Test


class CacheDirFormat(lit.formats.ShTest):
    """A shell test that starts with an empty TL_CACHE_DIR, which is %t.cache.

    second_chance: a test that fails is run once more, from an empty database too. Half of the suite is about what
    happens in time, on machines that are shared: one that passes then is reported as passed with a retry, and what it
    printed the first time is kept beside its other output, in NAME.first-try. utils/check asks for it, and names them.
    """

    def __init__(self, second_chance=False):
        super().__init__(execute_external=True)
        self.second_chance = second_chance

    def execute(self, test, lit_config):
        first = self.execute_once(test, lit_config)
        if not self.second_chance or first.code not in (lit.Test.FAIL, lit.Test.TIMEOUT):
            return first
        second = self.execute_once(test, lit_config)
        if second.code != lit.Test.PASS:
            return second
        directory, name = os.path.split(test.getExecPath())
        with open(os.path.join(directory, "Output", name + ".first-try"), "w", encoding="utf-8") as file:
            file.write(first.output)
        second.code = lit.Test.FLAKYPASS
        return second

    def execute_once(self, test, lit_config):
        directory, name = os.path.split(test.getExecPath())
        cache = os.path.join(directory, "Output", name + ".tmp.cache")
        shutil.rmtree(cache, ignore_errors=True)
        os.makedirs(cache)
        # The configuration object is shared by all tests of a folder.
        test.config = copy.copy(test.config)
        test.config.environment = dict(test.config.environment, TL_CACHE_DIR=cache)
        return super().execute(test, lit_config)
