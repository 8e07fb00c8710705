"""Tokens per second of PyTorch eager in fp32 at GPT-2 124M shape; the lines are those of `benchmarks forward`."""

import argparse
import time

import torch

import gpt2


def best(passes, body):
    body()
    times = []
    for _ in range(passes):
        begin = time.perf_counter()
        body()
        times.append(time.perf_counter() - begin)
    return min(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, action="append", required=True)
    parser.add_argument("--tokens", type=int, action="append")
    parser.add_argument("--rows", type=int, default=2)
    parser.add_argument("--passes", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(1)
    model = gpt2.GPT2(12, 12, 768, 1024, 50257, 50304)
    for threads in options.threads:
        torch.set_num_threads(threads)
        for length in options.tokens or [256, 1024]:
            stream = torch.randint(50257, (options.rows, length + 1))
            inputs, targets = stream[:, :-1].contiguous(), stream[:, 1:].contiguous()

            def forward():
                with torch.inference_mode():
                    model(inputs, targets).mean().item()

            def backward():
                model.zero_grad(set_to_none=True)
                model(inputs, targets).mean().backward()

            for name, body in [("forward", forward), ("forward+backward", backward)]:
                seconds = best(options.passes, body)
                rate = int(options.rows * length / seconds)
                print(f"{name}/T={length}/threads={threads} {seconds} {rate}", flush=True)


main()
