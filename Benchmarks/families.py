"""Writes a tiny model of each family of transformers, and PyTorch's numbers for it, that Tests/ReplayTests/Fixtures/families holds.

    pip install torch transformers safetensors
    python3 Benchmarks/families.py Tests/ReplayTests/Fixtures/families [ID...]

A fixture is a checkpoint as `save_pretrained` writes it (random weights in bfloat16, which the numbers are computed with in
fp32) and `expected.json`: two rows of tokens, the loss of each, and the norm of the gradient of the mean loss by each parameter.
The configurations are chosen so that every part of a family takes effect: windows are shorter than the rows.
"""

import json
import math
import os
import shutil
import sys

import torch
import transformers
from torch.nn import functional as F

VOCABULARY, LENGTH = 24, 12
COMMON = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, vocab_size=VOCABULARY,
              max_position_embeddings=32, bos_token_id=0, eos_token_id=1, pad_token_id=None)


def grouped(**keys):
    return {**COMMON, "num_key_value_heads": 2, **keys}


def rope(kind="default", theta=100.0, **keys):
    return {"rope_type": kind, "rope_theta": theta, **keys}


YARN = rope("yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=4.0)
FAMILIES = {
    "mistral": ("Mistral", grouped(sliding_window=4)),
    "ministral": ("Ministral", grouped(head_dim=4, sliding_window=4, layer_types=["full_attention", "sliding_attention"])),
    "qwen2": ("Qwen2", grouped(use_sliding_window=True, sliding_window=4, max_window_layers=1, rope_parameters=YARN)),
    "qwen3": ("Qwen3", grouped(head_dim=6, attention_bias=True)),
    "smollm3": ("SmolLM3", grouped(no_rope_layer_interval=2, mlp_bias=True)),
    "granite": ("Granite", grouped(embedding_multiplier=6.0, logits_scaling=2.0, residual_multiplier=0.4,
                                   attention_multiplier=0.2)),
    "seed-oss": ("SeedOss", grouped(head_dim=4, attention_out_bias=True)),
    "cwm": ("Cwm", grouped(head_dim=4, sliding_window=4)),
    "arcee": ("Arcee", grouped(mlp_bias=True)),
    "helium": ("Helium", grouped(head_dim=4)),
    "ernie4.5": ("Ernie4_5", grouped(head_dim=4, use_bias=True)),
    "hunyuan": ("HunYuanDenseV1", grouped(head_dim=4)),
    "olmo": ("Olmo", grouped()),
    "olmo2": ("Olmo2", grouped()),
    "olmo3": ("Olmo3", grouped(sliding_window=4, num_hidden_layers=4, hidden_size=8,
                               rope_parameters={"full_attention": YARN, "sliding_attention": rope()})),
    "exaone4": ("Exaone4", grouped(sliding_window=4, sliding_window_pattern=2)),
    "gemma": ("Gemma", grouped(head_dim=6)),
    "gemma2": ("Gemma2", grouped(head_dim=6, sliding_window=4, attn_logit_softcapping=2.0, final_logit_softcapping=4.0,
                                 query_pre_attn_scalar=9)),
    "gemma3": ("Gemma3", grouped(head_dim=6, sliding_window=4, layer_types=["sliding_attention", "full_attention"],
                                 rope_parameters={"full_attention": rope("linear", factor=2.0), "sliding_attention": rope(theta=20.0)})),
    "vaultgemma": ("VaultGemma", grouped(head_dim=6, sliding_window=4)),
    "gpt-neox": ("GPTNeoX", {**COMMON, "rope_parameters": rope(partial_rotary_factor=0.5)}),
    "gpt-j": ("GPTJ", dict(n_embd=16, n_layer=2, n_head=2, vocab_size=VOCABULARY, n_positions=32, rotary_dim=4, n_inner=24)),
    "gpt-neo": ("GPTNeo", dict(hidden_size=16, num_layers=2, num_heads=4, vocab_size=VOCABULARY, max_position_embeddings=16,
                               intermediate_size=24, window_size=4, attention_types=[[["global", "local"], 1]])),
    "phi": ("Phi", grouped(rope_parameters=rope(partial_rotary_factor=0.5))),
    "phi3": ("Phi3", grouped(sliding_window=4, rope_parameters=rope(partial_rotary_factor=0.5))),
    "stablelm": ("StableLm", grouped(use_parallel_residual=True, use_qkv_bias=True,
                                     rope_parameters=rope(partial_rotary_factor=0.5))),
    "starcoder2": ("Starcoder2", grouped(sliding_window=4)),
    "nemotron": ("Nemotron", grouped(rope_parameters=rope(partial_rotary_factor=0.5))),
    "jais2": ("Jais2", grouped(head_dim=4)),
    "cohere": ("Cohere", grouped(logit_scale=0.5)),
    "glm": ("Glm", grouped(head_dim=4)),
    "glm4": ("Glm4", grouped(head_dim=4)),
    "nanochat-hf": ("NanoChat", grouped()),
}
CLASSES = {"GPTNeoX": "GPTNeoXForCausalLM", "Gemma3": "Gemma3ForCausalLM"}
CONFIGURATIONS = {"Gemma3": "Gemma3TextConfig"}


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                noise *= 0.5 if any(part in name for part in ("embed", "wte", "wpe", "head")) else 1.2 / math.sqrt(parameter.shape[-1])
            else:
                noise = noise * 0.2 + (0 if name.endswith("bias") else 1)
            parameter.copy_(noise.bfloat16())


def write(folder, family, seed):
    name, keys = FAMILIES[family]
    configuration = getattr(transformers, CONFIGURATIONS.get(name, name + "Config"))(**keys)
    configuration._attn_implementation = "eager"
    model = getattr(transformers, CLASSES.get(name, name + "ForCausalLM"))(configuration).float().eval()
    randomise(model, seed)
    path = os.path.join(folder, family)
    shutil.rmtree(path, ignore_errors=True)
    model.bfloat16().save_pretrained(path)
    for other in set(os.listdir(path)) - {"config.json", "model.safetensors"}:
        os.remove(os.path.join(path, other))
    model = type(model).from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()
    stream = torch.randint(VOCABULARY, (2, LENGTH + 1), generator=torch.Generator().manual_seed(9))
    losses = F.cross_entropy(model(stream[:, :-1]).logits.flatten(0, 1), stream[:, 1:].flatten(), reduction="none")
    losses.mean().backward()
    expected = {"tokens": stream.tolist(), "losses": losses.view(2, LENGTH).mean(1).tolist(),
                "gradients": {name: parameter.grad.norm().item() for name, parameter in model.named_parameters()}}
    with open(os.path.join(path, "expected.json"), "w") as file:
        json.dump(expected, file, indent=0)
    print(family, losses.mean().item())


for family in sys.argv[2:] or FAMILIES:
    write(sys.argv[1], family, 3)
