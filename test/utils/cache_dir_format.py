# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The format of our lit tests: shell tests, each with a database of its own."""

import copy
import os
import shutil

import lit.formats


class CacheDirFormat(lit.formats.ShTest):
    """A shell test that starts with an empty TL_CACHE_DIR, which is %t.cache."""

    def execute(self, test, lit_config):
        directory, name = os.path.split(test.getExecPath())
        cache = os.path.join(directory, "Output", name + ".tmp.cache")
        shutil.rmtree(cache, ignore_errors=True)
        os.makedirs(cache)
        # The configuration object is shared by all tests of a folder.
        test.config = copy.copy(test.config)
        test.config.environment = dict(test.config.environment, TL_CACHE_DIR=cache)
        return super().execute(test, lit_config)
