"""GPT-2 in PyTorch, plainly, and the checkpoint formats it is read from."""

import json
import math
import struct

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, channels, heads, bias, activation):
        super().__init__()
        self.heads, self.activation = heads, activation
        self.ln_1 = nn.LayerNorm(channels, bias=bias)
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(channels, 3 * channels, bias=bias),
                                   "c_proj": nn.Linear(channels, channels, bias=bias)})
        self.ln_2 = nn.LayerNorm(channels, bias=bias)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(channels, 4 * channels, bias=bias),
                                  "c_proj": nn.Linear(4 * channels, channels, bias=bias)})

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (part.view(B, T, self.heads, C // self.heads).transpose(1, 2)
                   for part in self.attn["c_attn"](self.ln_1(x)).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn["c_proj"](y.transpose(1, 2).reshape(B, T, C))
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate=self.activation))


class GPT2(nn.Module):
    """Returns the loss of every token (B, T). The head is the embedding; the softmax covers the tokens that exist."""

    def __init__(self, layers, heads, channels, positions, vocabulary, padded, bias=True, activation="tanh"):
        super().__init__()
        self.vocabulary = vocabulary
        self.wte = nn.Embedding(padded, channels)
        self.wpe = nn.Embedding(positions, channels)
        self.h = nn.ModuleList(Block(channels, heads, bias, activation) for _ in range(layers))
        self.ln_f = nn.LayerNorm(channels, bias=bias)

    def forward(self, inputs, targets):
        x = self.wte(inputs) + self.wpe.weight[: inputs.shape[1]]
        for block in self.h:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight[: self.vocabulary])
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


def floats(data):
    return torch.frombuffer(bytearray(data), dtype=torch.float32)


def read_safetensors(path):
    data = open(path, "rb").read()
    start = 8 + struct.unpack_from("<Q", data)[0]
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        assert entry["dtype"] == "F32", name
        begin, end = (start + offset for offset in entry["data_offsets"])
        tensors[name] = floats(data[begin:end]).view(entry["shape"])
    return tensors


def read_llmc(path):
    """llm.c's model file, version 3: a header of 256 int32, then fp32 tensors, each kind over all layers."""
    data = open(path, "rb").read()
    magic, version, T, V, L, _, C, padded = struct.unpack_from("<8i", data)
    assert (magic, version) == (20240326, 3), "not an llm.c model file of version 3"
    kinds = [("ln_1.weight", [C]), ("ln_1.bias", [C]), ("attn.c_attn.weight", [3 * C, C]), ("attn.c_attn.bias", [3 * C]),
             ("attn.c_proj.weight", [C, C]), ("attn.c_proj.bias", [C]), ("ln_2.weight", [C]), ("ln_2.bias", [C]),
             ("mlp.c_fc.weight", [4 * C, C]), ("mlp.c_fc.bias", [4 * C]), ("mlp.c_proj.weight", [C, 4 * C]),
             ("mlp.c_proj.bias", [C])]
    order = [("wte.weight", [padded, C]), ("wpe.weight", [T, C])]
    order += [(f"h.{layer}.{kind}", shape) for kind, shape in kinds for layer in range(L)]
    order += [("ln_f.weight", [C]), ("ln_f.bias", [C])]
    values, tensors, start = floats(data[1024:]), {}, 0
    for name, shape in order:
        tensors[name] = values[start : start + math.prod(shape)].view(shape)
        start += math.prod(shape)
    assert start == len(values), "the file does not have the size its header calls for"
    return tensors


def load(path, heads, vocabulary, activation):
    tensors = read_llmc(path) if path.endswith(".bin") else read_safetensors(path)
    (padded, channels), positions = tensors["wte.weight"].shape, len(tensors["wpe.weight"])
    layers = sum(name.endswith(".ln_1.weight") for name in tensors)
    model = GPT2(layers, heads, channels, positions, vocabulary, padded, "ln_f.bias" in tensors,
                 {"gelu-tanh": "tanh", "gelu": "none"}[activation])
    model.load_state_dict(tensors)
    return model
