# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ptx_texts.py TL_NVCC: what tl-nvcc does to PTX, on texts made for it."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile

loader = importlib.machinery.SourceFileLoader("tl_nvcc", sys.argv[1])
tl_nvcc = importlib.util.module_from_spec(importlib.util.spec_from_loader("tl_nvcc", loader))
sys.dont_write_bytecode = True
loader.exec_module(tl_nvcc)

# Variables that are called like instructions.
text = """.version 9.0
.const .align 4 .b8 st[16];
.global .align 4 .u32 ld = 5;
.global .align 8 .u64 where[2] = {generic(ld), generic(st)+4};
.visible .entry kernel(
	.param .u64 kernel_param_0
)
{
	ld.param.u64 	%rd1, [kernel_param_0];
	mov.u64 	%rd2, st;
	ld.const.f32 	%f1, [st+4];
	@%p1 st.global.f32 	[%rd1], %f1;
	atom.global.add.u32 	%r1, [ld], 1;
}
"""
assert [it["name"] for it in tl_nvcc.VARIABLE.finditer(text)] == ["st", "ld", "where"]
print(tl_nvcc.rename_variables(text, {"st": "_ZL2st", "ld": "_ZL2ld"}))


# Several compilers' texts in one.
class Part(tl_nvcc.Image):
    def __init__(self, by, options, suffix, folder, text):
        self.by, self.options, self.suffix, self.folder, self.failed = by, options, suffix, folder, {}
        self.variables = ["_ZL2st", "_ZL5table", "later"]
        with open(self.path("sm_90.ptx"), "w", encoding="utf-8") as file:
            file.write(text)


first = """.version 8.8
.target sm_90
.visible .const .align 4 .b8 _ZL2st[16];
.const .align 4 .b8 _ZL5table[8] = {1, 0, 0, 0, 2};
.extern .func (.param .b32 func_retval0) vprintf
(
	.param .b64 vprintf_param_0
)
;
.visible .entry kernel()
{
	ld.const.f32 	%f1, [_ZL2st];
}
"""
second = """.version 9.0
.target sm_90
.const .align 4 .b8 _ZL2st[16];
.const .align 4 .b8 _ZL5table[8] = {1, 0, 0, 0, 2};
.global .align 4 .u32 later = 3;
.global .align 1 .b8 $str[2] = {65};
.extern .func (.param .b32 func_retval0) vprintf
(
	.param .b64 vprintf_param_0
)
;
.extern .shared .align 16 .b8 mul[];
.visible .func (.param .b32 func_retval0) helper()
{
	.file 1 "x"
	mul.f32 	%f1, %f1, %f2;
}
.weak .entry kernel(
	.param .u64 kernel_param_0
)
{
	mov.u64 	%rd2, mul;
	ld.const.f32 	%f1, [_ZL2st];
	ld.const.f32 	%f1, [_ZL5table];
	mov.u64 	%rd3, $str;
	call.uni (retval0), helper, ();
	call.uni (retval0), vprintf, (param0);
	ld.param.u64 	%rd4, [kernel_param_0];
}
.visible .entry bounded()
.maxntid 128, 1, 1
{
	ret;
}
"""
with tempfile.TemporaryDirectory() as folder:
    for name in "01":
        os.mkdir(os.path.join(folder, name))
    linked = tl_nvcc.Linked.__new__(tl_nvcc.Linked)
    linked.constants = set()
    linked.parts = [Part("clang", [], "", os.path.join(folder, "0"), first),
                    Part("nvcc", ["--maxrregcount=40"], "__tl_by_1", os.path.join(folder, "1"), second)]
    shared = set()
    print("".join(linked.share(part, "sm_90", shared) for part in linked.parts))
