# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls the tuned SwiGLU on PyTorch's tensors: swiglu.py [--device cuda] FOLDER, with the libraries that the page
docs/pytorch.md builds there. Each part says what it found; the exit status is that of the first that went wrong."""

import argparse
import os

import torch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder")
parser.add_argument("--device", default="cpu")
options = parser.parse_args()


# snippet: tvm_ffi
def by_tvm_ffi(folder):
    import tvm_ffi

    function = tvm_ffi.load_module(os.path.join(folder, "swiglu_tvm_ffi.so")).swiglu

    def swiglu(gate, up):
        out = torch.empty_like(gate)
        function(gate, up, out)  # on torch's current stream
        return out

    return swiglu
# end


# snippet: stable_abi
def by_stable_abi(folder):
    torch.ops.load_library(os.path.join(folder, "swiglu_torch.so"))

    @torch.library.register_fake("tl_example::swiglu")
    def _(gate, up):  # what torch.compile needs to know: shape and type of the result
        return torch.empty_like(gate)

    def backward(ctx, of_out):
        gate, up = ctx.saved_tensors
        sigmoid = torch.sigmoid(gate)
        return of_out * up * sigmoid * (1 + gate * (1 - sigmoid)), of_out * gate * sigmoid

    def set_up(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    torch.library.register_autograd("tl_example::swiglu", backward, setup_context=set_up)
    return torch.ops.tl_example.swiglu
# end


def expected(gate, up):
    return torch.nn.functional.silu(gate) * up


def some(*shape, device):
    return torch.randn(*shape, device=device), torch.randn(*shape, device=device)


def check(what, good):
    print(f"{what}: {'right' if good else 'WRONG'}", flush=True)
    if not good:
        raise SystemExit(1)


def check_graph(what, swiglu):
    """A winner that is known is captured, and replayed on other data."""
    gate, up = some(1 << 20, device="cuda")
    swiglu(gate, up)  # tunes, if nobody has
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = swiglu(gate, up)
    for it in (gate, up):
        it.normal_()
    graph.replay()
    torch.cuda.synchronize()
    check(f"{what}, CUDA graph", torch.allclose(out, expected(gate, up), rtol=1e-4, atol=1e-5))


def check_devices(what, swiglu):
    """The tensors' device, whatever the current one is; and another stream than the default one."""
    for device in range(torch.cuda.device_count()):
        gate, up = some(1 << 20, device=f"cuda:{device}")
        check(f"{what}, device {device}", torch.allclose(swiglu(gate, up), expected(gate, up), rtol=1e-4, atol=1e-5))
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        gate, up = some(1 << 20, device="cuda")
        out = swiglu(gate, up)
    stream.synchronize()
    check(f"{what}, another stream", torch.allclose(out, expected(gate, up), rtol=1e-4, atol=1e-5))


def main():
    functions = {"stable ABI": by_stable_abi(options.folder)}
    try:
        functions["tvm-ffi"] = by_tvm_ffi(options.folder)
    except ModuleNotFoundError:
        print("tvm-ffi: not installed")
    for what, swiglu in functions.items():
        for shape in ((3, 1001), (512, 1024)):
            gate, up = some(*shape, device=options.device)
            check(f"{what}, {shape[0]} x {shape[1]}", torch.allclose(swiglu(gate, up), expected(gate, up), rtol=1e-4, atol=1e-5))
        if options.device == "cuda":
            check_graph(what, swiglu)
            check_devices(what, swiglu)

    swiglu = functions["stable ABI"]
    gate, up = (it.requires_grad_() for it in some(64, 96, device=options.device))
    other_gate, other_up = (it.detach().clone().requires_grad_() for it in (gate, up))
    swiglu(gate, up).square().sum().backward()
    expected(other_gate, other_up).square().sum().backward()
    check("gradients", torch.allclose(gate.grad, other_gate.grad, rtol=1e-3, atol=1e-4)
          and torch.allclose(up.grad, other_up.grad, rtol=1e-3, atol=1e-4))
    torch.library.opcheck(swiglu, (gate, up))
    print("opcheck: right")

    @torch.compile(fullgraph=True, backend="inductor" if options.device == "cuda" else "aot_eager")
    def layer(gate, up):
        return swiglu(gate + 1, up) * 2

    gate, up = some(64, 96, device=options.device)
    check("torch.compile", torch.allclose(layer(gate, up), expected(gate + 1, up) * 2, rtol=1e-4, atol=1e-5))


main()
