"""Computes again with autograd what `benchmarks gradients` wrote, and compares. Exit status 1 beyond the tolerance."""

import json
import math
import os
import re
import sys

import torch

import gpt2

TOLERANCE = 1e-4


def batch_loss(model, rows):
    """The mean over all tokens of the batch, and each row's own mean."""
    losses = [model(torch.tensor([row["inputs"]]), torch.tensor([row["targets"]]))[0] for row in rows]
    return torch.cat(losses).mean(), [float(loss.detach().mean()) for loss in losses]


def norm(gradients):
    return float(torch.stack([gradient.double().square().sum() for gradient in gradients]).sum().sqrt())


def compute(path, result, dtype):
    """Loss, gradients and AdamW steps in one precision: scalars by name, tensors by name."""
    shape, adamw = result["shape"], result["adamW"]
    model = gpt2.load(path, shape["heads"], shape["vocabulary"], shape["activation"]).to(dtype)
    loss, row_losses = batch_loss(model, result["rows"])
    loss.backward()
    parameters = dict(model.named_parameters())
    scalars = {"loss": float(loss.detach()), "gradient norm": norm(p.grad for p in parameters.values())}
    scalars |= {f"loss of row {index}": value for index, value in enumerate(row_losses)}
    scalars |= {f"gradient norm of {name}": norm([p.grad]) for name, p in parameters.items()}
    tensors = {f"gradient of {name}": p.grad.clone() for name, p in parameters.items()}
    groups = [{"params": [p for p in parameters.values() if p.ndim == 2], "weight_decay": adamw["weightDecay"]},
              {"params": [p for p in parameters.values() if p.ndim != 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(adamw["beta1"], adamw["beta2"]), eps=adamw["epsilon"])
    for step, rate in enumerate(adamw["learningRates"]):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss, _ = batch_loss(model, result["rows"])
        loss.backward()
        scalars[f"loss of AdamW step {step + 1}"] = float(loss.detach())
        total = torch.nn.utils.clip_grad_norm_(parameters.values(), adamw["gradientClip"])
        scalars[f"gradient norm of AdamW step {step + 1}"] = float(total)
        optimizer.step()
    tensors |= {f"weights after AdamW of {name}": p.detach() for name, p in parameters.items()}
    return scalars, tensors


def ours(folder, result):
    scalars = {"loss": result["loss"], "gradient norm": result["gradientNorm"]}
    scalars |= {f"loss of row {index}": row["loss"] for index, row in enumerate(result["rows"])}
    scalars |= {f"gradient norm of {tensor['name']}": tensor["gradientNorm"] for tensor in result["tensors"]}
    for step, (loss, total) in enumerate(zip(result["adamW"]["losses"], result["adamW"]["gradientNorms"])):
        scalars |= {f"loss of AdamW step {step + 1}": loss, f"gradient norm of AdamW step {step + 1}": total}
    tensors = {}
    for label, file in [("gradient of", "gradient.bin"), ("weights after AdamW of", "weights.bin")]:
        values = gpt2.floats(open(os.path.join(folder, file), "rb").read())
        for tensor in result["tensors"]:
            size = torch.Size(tensor["shape"])
            part = values[tensor["start"] : tensor["start"] + size.numel()]
            tensors[f"{label} {tensor['name']}"] = part.view(size)
    return scalars, tensors


def difference(a, b):
    """The largest absolute difference, and the same in units of the largest value of b; NaN where one is NaN."""
    a, b = (torch.as_tensor(x, dtype=torch.float64) for x in (a, b))
    absolute, scale = float((a - b).abs().max()), float(b.abs().max())
    return absolute, absolute / scale if scale > 0 else absolute


def label(name):
    """One line for the rows, the steps, the tensors' norms, and a tensor of all layers."""
    for pattern, line in [(r"loss of row .*", "losses of rows"), (r"(.*) of AdamW step .*", r"\1 of AdamW steps"),
                          (r"gradient norm of [^A].*", "gradient norms of tensors"), (r"(.* of h)\.\d+\.(.*)", r"\1.*.\2")]:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, line, name)
    return name


def largest(values):
    """The largest of some numbers, NaN above all."""
    return max(values, key=lambda value: (math.isnan(value), value))


def compare(folder):
    result = json.load(open(os.path.join(folder, "result.json")))
    path = os.path.join(folder, result["checkpoint"])
    mine, fp32, fp64 = ours(folder, result), compute(path, result, torch.float32), compute(path, result, torch.float64)
    tokens = sum(len(row["inputs"]) for row in result["rows"])
    print(f"\n{os.path.basename(folder)}: {len(result['rows'])} rows, {tokens} tokens")
    print(f"{'':46} {'trainaudit - fp64':>19} {'PyTorch fp32 - fp64':>19} {'trainaudit - fp32':>19}")
    print(f"{'largest difference':46}" + f" {'absolute':>9} {'relative':>9}" * 3)
    lines, failures = {}, []
    for a, b, c in zip(mine, fp32, fp64):
        assert a.keys() == b.keys() == c.keys(), set(a) ^ set(c)
        for name in a:
            row = (*difference(a[name], c[name]), *difference(b[name], c[name]), *difference(a[name], b[name]))
            lines.setdefault(label(name), []).append(row)
            if not (row[1] <= TOLERANCE and row[5] <= TOLERANCE):
                failures.append(f"  {name}: relative difference {row[1]:.1e} from fp64, {row[5]:.1e} from fp32")
    worst = 0.0
    for name, rows in lines.items():
        columns = [largest(column) for column in zip(*rows)]
        print(f"{name:46}" + "".join(f" {value:9.1e}" for value in columns))
        worst = largest([worst, columns[1], columns[5]])
    print("\n".join(failures), end="\n" if failures else "")
    return worst


def main():
    folders = sorted(entry.path for entry in os.scandir(sys.argv[1]) if entry.is_dir())
    assert folders, "no cases were written"
    worst = largest([compare(folder) for folder in folders])
    passed = worst <= TOLERANCE
    print(f"\ngradients {'agree' if passed else 'DO NOT AGREE'}: largest relative difference {worst:.1e}, "
          f"tolerance {TOLERANCE:.0e}, PyTorch {torch.__version__}")
    sys.exit(not passed)


main()
