"""Writes the optimizer states that Tests/ReplayTests/Fixtures/optimizers holds, with the packages that write them.

    pip install torch transformers accelerate deepspeed safetensors
    python3 Benchmarks/optimizers.py trainer OUTPUT
    python3 Benchmarks/optimizers.py nanochat OUTPUT --source NANOCHAT_CHECKOUT --name nanochat-current --ranks 2
    python3 Benchmarks/optimizers.py deepspeed OUTPUT --stage 1

`trainer` lets Hugging Face's Trainer train a tiny Llama for five steps and keeps its checkpoint of three, with the tokens and
losses of the steps after it. `nanochat` makes a hundred updates with nanochat's own optimizer. `deepspeed` makes three with
ZeRO on two processes. The models are those of Benchmarks/references.py; nothing of the packages is copied.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile

os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")

import torch


def tiny_llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    config = LlamaConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, vocab_size=53, max_position_embeddings=128, rms_norm_eps=1e-5,
                         head_dim=6, tie_word_embeddings=False, attn_implementation="eager")
    return LlamaForCausalLM(config).float()


def rows(count, length=33):
    generator = torch.Generator().manual_seed(11)
    return torch.randint(53, (count, length), generator=generator)


def trainer(folder):
    from torch.utils.data import SequentialSampler
    from transformers import Trainer, TrainerCallback, TrainingArguments

    data = rows(20)
    losses = []

    class InOrder(Trainer):
        def _get_train_sampler(self, *arguments):
            return SequentialSampler(self.train_dataset)

        def compute_loss(self, model, inputs, **_):
            tokens = inputs["input_ids"]
            logits = model(tokens[:, :-1]).logits
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
            losses.append(loss.item())
            return loss

    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(scratch, max_steps=5, save_steps=3, per_device_train_batch_size=4, learning_rate=1e-2,
                                      lr_scheduler_type="constant", weight_decay=0.1, adam_beta2=0.95, max_grad_norm=1.0,
                                      report_to=[], use_cpu=True, disable_tqdm=True, save_strategy="steps",
                                      optim="adamw_torch")
        InOrder(tiny_llama(), arguments, train_dataset=[{"input_ids": row} for row in data]).train()
        target = os.path.join(folder, "llama-trainer", "checkpoint-3")
        os.makedirs(target, exist_ok=True)
        for name in ["model.safetensors", "config.json", "optimizer.pt"]:
            shutil.copy(os.path.join(scratch, "checkpoint-3", name), target)
    with open(os.path.join(folder, "llama-trainer", "next.json"), "w") as file:
        json.dump({"rows": data[12:20].tolist(), "losses": losses[3:5], "learningRate": 1e-2, "weightDecay": 0.1}, file)


def futures_over_gloo():
    """Gloo has no futures and no reduce-scatter: the same collectives, one after the other."""
    import torch.distributed as dist

    class Done:
        def get_future(self):
            return self

        def wait(self):
            return self

    plain_reduce, plain_gather = dist.all_reduce, dist.all_gather

    def all_reduce(tensor, op=None, async_op=False):
        plain_reduce(tensor)
        tensor /= dist.get_world_size()
        return Done()

    def reduce_scatter_tensor(output, tensor, op=None, async_op=False):
        whole = tensor.clone()
        all_reduce(whole)
        output.copy_(whole.chunk(dist.get_world_size())[dist.get_rank()])
        return Done()

    def all_gather_into_tensor(output, tensor, async_op=False):
        parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size())]
        plain_gather(parts, tensor.contiguous())
        output.copy_(torch.cat(parts))
        return Done()

    dist.all_reduce, dist.reduce_scatter_tensor = all_reduce, reduce_scatter_tensor
    dist.all_gather_into_tensor = all_gather_into_tensor


def nanochat_rank(rank, ranks, folder, source, name, port):
    sys.path.insert(0, source)
    from nanochat.gpt import GPT, GPTConfig

    if ranks > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), LOCAL_RANK=str(rank),
                          WORLD_SIZE=str(ranks))
        torch.distributed.init_process_group("gloo", rank=rank, world_size=ranks)
        futures_over_gloo()
    fields = GPTConfig.__dataclass_fields__
    options = dict(sequence_len=256, vocab_size=60, n_layer=3, n_head=2, n_kv_head=1, n_embd=24)
    if "window_pattern" in fields:
        options["window_pattern"] = "SL"
    torch.manual_seed(5)
    model = GPT(GPTConfig(**options))
    model.init_weights()
    if hasattr(model, "setup_optimizer"):
        optimizers = [model.setup_optimizer()]
    else:
        tables = {name: value.clone() for name, value in model.named_buffers()}
        model.float()
        for table, value in tables.items():
            setattr(model, table, value)
        # Fused AdamW is for devices only.
        original = torch.optim.AdamW
        torch.optim.AdamW = lambda *a, **k: original(*a, **{**k, "fused": False})
        optimizers = model.setup_optimizers()
    generator = torch.Generator().manual_seed(100 + rank)
    for _ in range(100):
        stream = torch.randint(60, (2, 65), generator=generator)
        loss = model(stream[:, :-1].contiguous(), stream[:, 1:].contiguous())
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        model.zero_grad(set_to_none=True)
    states = [optimizer.state_dict() for optimizer in optimizers]
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    suffix = "" if len(states) == 2 else f"_rank{rank}"
    torch.save(states if len(states) == 2 else states[0], os.path.join(path, f"optim_000100{suffix}.pt"))
    if ranks > 1:
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


def deepspeed_rank(rank, ranks, folder, stage, port):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank), LOCAL_RANK=str(rank),
                      WORLD_SIZE=str(ranks), DS_ACCELERATOR="cpu")
    import deepspeed

    deepspeed.init_distributed("gloo")
    model = tiny_llama()
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
                                  lr=1e-2, betas=(0.9, 0.95))
    engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config={
        "train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 1, "gradient_clipping": 1.0,
        "bf16": {"enabled": stage != 1}, "zero_optimization": {"stage": stage}, "zero_allow_untested_optimizer": True})
    data = rows(20)

    def update(step):
        tokens = data[step * 4 + rank * 2:step * 4 + rank * 2 + 2]
        logits = engine(tokens[:, :-1].contiguous()).logits.float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        engine.backward(loss)
        engine.step()
        mean = loss.detach().clone()
        torch.distributed.all_reduce(mean)
        return mean.item() / ranks

    for step in range(3):
        update(step)
    with tempfile.TemporaryDirectory() as scratch:
        box = [scratch]
        torch.distributed.broadcast_object_list(box, 0)
        engine.save_checkpoint(box[0], tag="global_step3")
        torch.distributed.barrier()
        if rank == 0:
            target = os.path.join(folder, f"llama-zero{stage}", "checkpoint-3")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(os.path.join(box[0], "global_step3"), os.path.join(target, "global_step3"))
            module = engine.module
            module.float().save_pretrained(target)
            for extra in ["generation_config.json"]:
                if os.path.exists(os.path.join(target, extra)):
                    os.remove(os.path.join(target, extra))
        torch.distributed.barrier()
        losses = [update(3), update(4)]
        if rank == 0 and stage == 1:
            with open(os.path.join(folder, f"llama-zero{stage}", "next.json"), "w") as file:
                json.dump({"rows": data[12:20].tolist(), "losses": losses, "learningRate": 1e-2, "weightDecay": 0.1}, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("family", choices=["trainer", "nanochat", "deepspeed"])
    parser.add_argument("folder")
    parser.add_argument("--source")
    parser.add_argument("--name")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--stage", type=int, default=1)
    parser.add_argument("--port", type=int, default=29517)
    options = parser.parse_args()
    torch.set_num_threads(1)
    spawn = torch.multiprocessing.spawn
    if options.family == "trainer":
        trainer(options.folder)
    elif options.family == "nanochat":
        arguments = (options.ranks, options.folder, options.source, options.name, options.port)
        if options.ranks == 1:
            nanochat_rank(0, *arguments)
        else:
            spawn(nanochat_rank, arguments, nprocs=options.ranks)
    else:
        spawn(deepspeed_rank, (2, options.folder, options.stage, options.port), nprocs=2)


if __name__ == "__main__":
    main()
