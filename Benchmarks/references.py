"""Writes the tiny models and PyTorch's numbers for them that Tests/ReplayTests/Fixtures holds.

    pip install torch transformers safetensors
    python3 Benchmarks/references.py gpt2 Tests/ReplayTests/Fixtures
    python3 Benchmarks/references.py llama Tests/ReplayTests/Fixtures
    python3 Benchmarks/references.py nanochat Tests/ReplayTests/Fixtures --source NANOCHAT_CHECKOUT --name nanochat-current

The models are those of transformers and of nanochat itself, with random weights; nothing of them is copied. A fixture is a
checkpoint as its trainer saves it and `NAME.reference.safetensors`: inputs, targets, logits of the last positions, the loss
of every token, and the gradient of the mean loss by every parameter.
"""

import argparse
import json
import os
import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional as F


def randomise(model, scale=0.15):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = (torch.rand(parameter.shape, generator=generator) - 0.5) * 2 * scale
            is_one = name.endswith(("norm.weight", "ln_1.weight", "ln_2.weight", "ln_f.weight", "resid_lambdas"))
            parameter.copy_(noise + 1 if is_one else noise * 3 if "wte" in name or "embed" in name else noise)


def reference(path, model, logits_of, vocabulary, length, rows=2, kept=16, as_stored=lambda name, values: (name, values)):
    generator = torch.Generator().manual_seed(9)
    stream = torch.randint(vocabulary, (rows, length + 1), generator=generator)
    inputs, targets = stream[:, :-1].contiguous(), stream[:, 1:].contiguous()
    model.zero_grad()
    logits = logits_of(inputs)
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    losses.mean().backward()
    tensors = {"inputs": inputs.int(), "targets": targets.int(), "losses": losses.detach().view(rows, length),
               "logits": logits[:, -kept:].detach().contiguous()}
    for name, parameter in model.named_parameters():
        name, values = as_stored(name, parameter.grad.float())
        tensors["grad." + name] = values.clone(memory_format=torch.contiguous_format)
    save_file(tensors, path + ".reference.safetensors")


def gpt2(folder):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(n_embd=24, n_layer=2, n_head=4, vocab_size=53, n_positions=64, resid_pdrop=0.0, embd_pdrop=0.0,
                        attn_pdrop=0.0, attn_implementation="eager")
    model = GPT2LMHeadModel(config).float().train(False)
    randomise(model)
    path = os.path.join(folder, "gpt2")
    save(model, path)

    def as_stored(name, gradient):
        # Linear weights are (out, in) in a replay and (in, out) in this model.
        is_linear = gradient.dim() == 2 and ".h." in name
        return name.removeprefix("transformer."), gradient.t() if is_linear else gradient

    reference(path, model, lambda x: model(x).logits, 53, 64, as_stored=as_stored)


def save(model, path, **options):
    os.makedirs(path, exist_ok=True)
    model.save_pretrained(path, **options)
    extra = os.path.join(path, "generation_config.json")
    if os.path.exists(extra):
        os.remove(extra)


def llama(folder):
    from transformers import LlamaConfig, LlamaForCausalLM

    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}
    for name, tied, extra in [("llama2", False, {}), ("llama3", True, {"rope_theta": 1000.0, "rope_scaling": scaling})]:
        config = LlamaConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                             num_key_value_heads=2, vocab_size=53, max_position_embeddings=128, rms_norm_eps=1e-5,
                             head_dim=6, tie_word_embeddings=tied, attn_implementation="eager", **extra)
        model = LlamaForCausalLM(config).float().train(False)
        randomise(model)
        path = os.path.join(folder, name)
        save(model, path, max_shard_size="12KB" if name == "llama3" else "1GB")
        reference(path, model, lambda x: model(x).logits, 53, 100)


def nanochat(folder, source, name):
    sys.path.insert(0, source)
    from nanochat.gpt import GPT, GPTConfig

    fields = GPTConfig.__dataclass_fields__
    options = dict(sequence_len=256, vocab_size=60, n_layer=3, n_head=2, n_kv_head=1, n_embd=24)
    if "window_pattern" in fields:
        options["window_pattern"] = "SL"
    model = GPT(GPTConfig(**options))
    model.init_weights()
    tables = {name: value.clone() for name, value in model.named_buffers()}
    model.float()
    # The sines and cosines stay as rounded as they were.
    for table, value in tables.items():
        setattr(model, table, value)
    randomise(model)
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    torch.save(model.state_dict(), os.path.join(path, "model_000100.pt"))
    with open(os.path.join(path, "meta_000100.json"), "w") as file:
        json.dump({"step": 100, "model_config": options, "min_val_bpb": float("inf")}, file, indent=2)

    reference(path, model, model, 60, 150)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("family", choices=["gpt2", "llama", "nanochat"])
    parser.add_argument("folder")
    parser.add_argument("--source")
    parser.add_argument("--name")
    options = parser.parse_args()
    torch.manual_seed(1)
    if options.family == "nanochat":
        nanochat(options.folder, options.source, options.name)
    else:
        {"gpt2": gpt2, "llama": llama}[options.family](options.folder)


main()
