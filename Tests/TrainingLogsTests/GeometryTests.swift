import Foundation
import Terms
import Testing
import TrainingLogs

/// What trainers print of batch, sequence, accumulation and ranks, in the lines of their own code.
@Suite struct GeometryTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var trainer: String
        var log: String
        var expected: [Setting: Int]
        var testDescription: String { trainer }
    }

    /// Lines composed after each trainer's source; the losses only make a log of them.
    static let examples: [Example] = [
        Example(
            trainer: "nanoGPT: the command line overrides the file",
            log: """
                Overriding config with config/train_shakespeare_char.py:
                # train a miniature model
                gradient_accumulation_steps = 1
                batch_size = 64
                block_size = 256 # context of up to 256 previous characters
                Overriding: block_size = 64
                Overriding: batch_size = 12
                tokens per iteration will be: 768
                found vocab_size = 66 (inside data/shakespeare_char/meta.pkl)
                iter 0: loss 4.2, time 100.00ms, mfu -100.00%
                iter 1: loss 4.1, time 100.00ms, mfu -100.00%
                """,
            expected: [.batch: 12, .sequence: 64, .accumulation: 1, .tokensPerStep: 768, .vocabulary: 66]
        ),
        Example(
            trainer: "nanoGPT: a product in the file, over all ranks",
            log: """
                Overriding config with config/train_gpt2.py:
                batch_size = 12
                block_size = 1024
                gradient_accumulation_steps = 5 * 8
                max_iters = 600000
                tokens per iteration will be: 491,520
                iter 0: loss 10.9, time 100.00ms, mfu -100.00%
                iter 1: loss 10.8, time 100.00ms, mfu -100.00%
                """,
            expected: [.batch: 12, .sequence: 1024, .accumulation: 40, .tokensPerStep: 491_520, .rowsPerStep: 480]
        ),
        Example(
            trainer: "llama2.c",
            log: """
                Overriding: batch_size = 2
                tokens per iteration will be: 262,144
                breaks down as: 16 grad accum steps * 4 processes * 2 batch size * 2048 max seq len
                0 | loss 10.4 | lr 0.0 | 100.00ms | mfu -100.00%
                iter 0: loss 10.4, time 100.00ms, mfu -100.00%
                iter 1: loss 10.3, time 100.00ms, mfu -100.00%
                """,
            expected: [.batch: 2, .sequence: 2048, .accumulation: 16, .worldSize: 4, .tokensPerStep: 262_144]
        ),
        Example(
            trainer: "litgpt",
            log: """
                {'devices': 2,
                 'model_config': {'block_size': 4096,
                                  'n_embd': 64},
                 'num_nodes': 1,
                 'eval': {'max_iters': 5},
                 'train': {'epochs': None,
                           'global_batch_size': 16,
                           'max_seq_length': None,
                           'micro_batch_size': 4,
                           'tie_embeddings': None}}
                Epoch 1 | iter 2 step 1 | loss train: 7.822, val: n/a | iter time: 59.34 ms (step) remaining time: 0:06:41
                Epoch 1 | iter 4 step 2 | loss train: 7.842, val: n/a | iter time: 62.96 ms (step) remaining time: 0:03:33
                """,
            expected: [.batch: 4, .sequence: 4096, .accumulation: 2, .worldSize: 2, .rowsPerStep: 16]
        ),
        Example(
            trainer: "llm.c",
            log: """
                +-----------------------+----------------------------------------------------+
                | micro batch size B    | 56                                                 |
                | sequence length T     | 1024                                               |
                | total batch size      | 458752                                             |
                | num_processes         | 1                                                  |
                step    1/19560 | loss 10.9 (+nanz)| norm 1.0 (+nanz)| lr 5.97e-04 | 2610.13 ms | 51.2% bf16 MFU | 175758 tok/s
                step    2/19560 | loss 10.8 (+nanz)| norm 1.0 (+nanz)| lr 5.97e-04 | 2610.13 ms | 51.2% bf16 MFU | 175758 tok/s
                """,
            expected: [.batch: 56, .sequence: 1024, .accumulation: 8, .worldSize: 1, .tokensPerStep: 458_752]
        ),
        Example(
            trainer: "build-nanogpt",
            log: """
                using device: cuda
                total desired batch size: 524288
                => calculated gradient accumulation steps: 4
                found 99 shards for split train
                step     0 | loss: 10.9 | lr 6.0000e-04 | norm: 0.4127 | dt: 341.20ms | tok/sec: 1536599.06
                step     1 | loss: 10.8 | lr 6.0000e-04 | norm: 0.4127 | dt: 341.20ms | tok/sec: 1536599.06
                """,
            expected: [.accumulation: 4, .tokensPerStep: 524_288, .trainShards: 99]
        ),
        Example(
            trainer: "nanochat",
            log: """
                Vocab size: 65,536
                Tokens / micro-batch / rank: 32 x 2048 = 65,536
                Tokens / micro-batch: 524,288
                Total batch size 1,048,576 => gradient accumulation steps: 2
                step 00000/21400 (0.00%) | loss: 11.090355 | lrm: 1.00 | dt: 1311.42ms | tok/sec: 799,576 | mfu: 47.90 | total time: 0.00m
                step 00001/21400 (0.00%) | loss: 11.0 | lrm: 1.00 | dt: 1311.42ms | tok/sec: 799,576 | mfu: 47.90 | total time: 0.00m
                """,
            expected: [
                .batch: 32, .sequence: 2048, .accumulation: 2, .worldSize: 8, .tokensPerStep: 1_048_576,
                .vocabulary: 65_536,
            ]
        ),
        Example(
            trainer: "modded-nanogpt: its source",
            log: """
                import torch
                @dataclass
                class Hyperparameters:
                    batch_size : int = 8*64 # batch size, in sequences, across all devices
                    device_batch_size : int = 64 # batch size, in sequences, per device
                    sequence_length : int = 1024 # sequence length, in tokens
                B, T = args.device_batch_size, args.sequence_length
                ====================================================================================================
                step:1/6200 train_loss:10.9 train_time:241ms step_avg:nanms
                step:2/6200 train_loss:10.8 train_time:241ms step_avg:nanms
                """,
            expected: [.batch: 64, .sequence: 1024, .rowsPerStep: 512, .tokensPerStep: 524_288]
        ),
        Example(
            trainer: "modded-nanogpt's descendants",
            log: """
                world_size:8 grad_accum_steps:1
                train_batch_tokens:524288 train_seq_len:1024 iterations:20000 warmup_steps:20
                step:1/20000 train_loss:6.9 train_time:241ms step_avg:241ms
                step:2/20000 train_loss:6.8 train_time:482ms step_avg:241ms
                """,
            expected: [.sequence: 1024, .worldSize: 8, .accumulation: 1, .batch: 64, .tokensPerStep: 524_288]
        ),
        Example(
            trainer: "Megatron-LM",
            log: """
                using world size: 32, data-parallel size: 4, tensor-model-parallel size: 4, pipeline-model-parallel size: 2
                ------------------------ arguments ------------------------
                  decoder_seq_length .............................. None
                  global_batch_size ............................... 256
                  max_position_embeddings ......................... 4096
                  micro_batch_size ................................ 8
                  rampup_batch_size ............................... None
                  seq_length ...................................... 2048
                -------------------- end of arguments ---------------------
                setting number of micro-batches to constant 8
                 iteration        1/    1000 | consumed samples:          256 | elapsed time per iteration (ms): 4210.7 | learning rate: 2.991000E-04 | global batch size:   256 | lm loss: 1.091487E+01 | loss scale: 1.0 | grad norm: 0.312 | number of skipped iterations:   0 | number of nan iterations:   0 |
                 iteration        2/    1000 | consumed samples:          512 | elapsed time per iteration (ms): 4210.7 | learning rate: 2.991000E-04 | global batch size:   256 | lm loss: 1.081487E+01 | loss scale: 1.0 | grad norm: 0.312 | number of skipped iterations:   0 | number of nan iterations:   0 |
                """,
            expected: [
                .batch: 8, .sequence: 2048, .accumulation: 8, .worldSize: 4, .rowsPerStep: 256,
                .tokensPerStep: 524_288,
            ]
        ),
        Example(
            trainer: "Megatron-DeepSpeed: by its records alone",
            log: """
                 iteration     5426/  250000 | consumed samples:        43408 | consumed tokens:     88899584 | elapsed time per iteration (ms): 4247.9 | learning rate: 2.999E-04 | global batch size:     8 | lm loss: 2.1E+00 | loss scale: 1.0 | grad norm: 1.0 |
                 iteration     5427/  250000 | consumed samples:        43416 | consumed tokens:     88915968 | elapsed time per iteration (ms): 4225.8 | learning rate: 2.999E-04 | global batch size:     8 | lm loss: 2.1E+00 | loss scale: 1.0 | grad norm: 1.0 |
                """,
            expected: [.rowsPerStep: 8, .tokensPerStep: 16_384, .sequence: 2048]
        ),
        Example(
            trainer: "GPT-NeoX and DeepSpeed",
            log: """
                -------------------- arguments --------------------
                  gradient_accumulation_steps ..... 4...........................updated
                  seq_length ...................... 2048........................updated
                  train_batch_size ................ 256.........................updated
                  train_micro_batch_size_per_gpu .. 8...........................updated
                [2023-08-15 06:31:35,634] [INFO] [config.py:964:print]   gradient_accumulation_steps .. 4
                [2023-08-15 06:31:35,634] [INFO] [config.py:964:print]   train_batch_size ............. 256
                [2023-08-15 06:31:35,634] [INFO] [config.py:964:print]   train_micro_batch_size_per_gpu  8
                 iteration       10/  10000 | elapsed time per iteration (ms): 100.0 | learning rate: 1.0E-04 | lm loss: 9.0E+00 | loss scale: 1.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
                 iteration       20/  10000 | elapsed time per iteration (ms): 100.0 | learning rate: 1.0E-04 | lm loss: 8.0E+00 | loss scale: 1.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
                """,
            expected: [.batch: 8, .sequence: 2048, .accumulation: 4, .worldSize: 8, .rowsPerStep: 256]
        ),
        Example(
            trainer: "torchtitan: its dictionary; the validation has a batch of its own",
            log: """
                [rank0]:[titan] 2025-11-25 19:44:58,838 - root - INFO - Running with args: {'job': {'print_args': True}, 'model': {'seq_len': 4096}, 'training': {'dataset': 'c4', 'local_batch_size': 8, 'global_batch_size': -1, 'seq_len': 2048, 'max_norm': 1.0}, 'validation': {'local_batch_size': 2, 'seq_len': 512}}
                [rank0]:[titan] 2025-11-25 19:45:01,441 - root - INFO - step:  1  loss:  8.0277  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                [rank0]:[titan] 2025-11-25 19:45:01,541 - root - INFO - step:  2  loss:  7.9  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                """,
            expected: [.batch: 8, .sequence: 2048]
        ),
        Example(
            trainer: "torchtitan: its JSON, and what it made of it",
            log: """
                [titan] 2026-01-02 03:04:05,006 - root - INFO - Running with configs: {
                  "training": {
                    "dataset": "c4",
                    "local_batch_size": 8,
                    "seq_len": 4096
                  },
                  "validation": {
                    "local_batch_size": 2,
                    "seq_len": 512
                  }
                }
                [titan] 2026-01-02 03:04:05,006 - root - INFO - Trainer is initialized with local batch size 8, global batch size 64, gradient accumulation steps 2, sequence length 4096, total steps 10 (warmup 2)
                [titan] 2026-01-02 03:04:06,006 - root - INFO - step:  1  loss:  8.0277  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                [titan] 2026-01-02 03:04:07,006 - root - INFO - step:  2  loss:  7.9  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                """,
            expected: [.batch: 8, .sequence: 4096, .rowsPerStep: 64, .accumulation: 2, .worldSize: 4]
        ),
        Example(
            trainer: "torchtitan: its TOML file",
            log: """
                [job]
                description = "debug"
                [training]
                local_batch_size = 16
                seq_len = 1024
                [validation]
                local_batch_size = 4
                seq_len = 256
                [titan] 2026-01-02 03:04:06,006 - root - INFO - step:  1  loss:  8.0277  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                [titan] 2026-01-02 03:04:07,006 - root - INFO - step:  2  loss:  7.9  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812  tflops: 0.49  mfu: 0.05%
                """,
            expected: [.batch: 16, .sequence: 1024]
        ),
        Example(
            trainer: "Hugging Face Trainer",
            log: """
                ***** Running training *****
                  Num examples = 346,940
                  Num Epochs = 1
                  Instantaneous batch size per device = 10
                  Total train batch size (w. parallel, distributed & accumulation) = 640
                  Gradient Accumulation steps = 8
                  Total optimization steps = 542
                ***** Running Evaluation *****
                  Num examples = 100
                {'loss': 2.4137, 'grad_norm': 1.04, 'learning_rate': 4.96e-05, 'epoch': 0.01}
                {'loss': 2.3137, 'grad_norm': 1.04, 'learning_rate': 4.95e-05, 'epoch': 0.02}
                """,
            expected: [
                .batch: 10, .rowsPerStep: 640, .accumulation: 8, .worldSize: 8, .trainRows: 346_940, .steps: 542,
            ]
        ),
        Example(
            trainer: "OLMo",
            log: """
                [2024-04-17 09:42:20] INFO     [olmo.train:100, rank=0] Configuration:
                run_name: OLMo
                model:
                  d_model: 2048
                  max_sequence_length: 2048
                max_duration: 739328
                global_train_batch_size: 2048
                device_train_batch_size: 8
                device_train_microbatch_size: 4
                device_eval_batch_size: 16
                [2024-04-17 09:42:26] INFO     [olmo.train:816, rank=0] [step=1/739328]
                    train/CrossEntropyLoss=11.25
                    throughput/total_tokens=4,194,304
                [2024-04-17 09:42:38] INFO     [olmo.train:816, rank=0] [step=2/739328]
                    train/CrossEntropyLoss=10.73
                    throughput/total_tokens=8,388,608
                """,
            expected: [
                .batch: 4, .sequence: 2048, .accumulation: 2, .worldSize: 256, .rowsPerStep: 2048,
                .tokensPerStep: 4_194_304,
            ]
        ),
        Example(
            trainer: "OLMo-core: batches in tokens",
            log: """
                2025-01-02 03:04:05.123 host:0 olmo_core.train:10 INFO {
                  "dataset": {
                    "sequence_length": 2048
                  },
                  "data_loader": {
                    "global_batch_size": 524288,
                    "seed": 0
                  },
                  "train_module": {
                    "rank_microbatch_size": 16384,
                    "max_sequence_length": 2048
                  },
                  "eval_dataset": {
                    "sequence_length": 1024
                  }
                }
                [step=1/1000,epoch=1]
                    train/CE loss=11.25
                [step=2/1000,epoch=1]
                    train/CE loss=10.73
                """,
            expected: [.batch: 8, .sequence: 2048, .rowsPerStep: 256, .tokensPerStep: 524_288]
        ),
        Example(
            trainer: "nanotron",
            log: """
                01/17/2024 13:47:20 [INFO|DP=0|PP=0|TP=0]: Config(general=GeneralArgs(project='debug',
                                           step=None),
                       parallelism=ParallelismArgs(dp=2,
                                                   pp=1),
                       tokens=TokensArgs(sequence_length=512,
                                         train_steps=1000,
                                         micro_batch_size=2,
                                         batch_accumulation_per_replica=32))
                01/17/2024 13:47:27 [INFO|DP=0|PP=0|TP=0]: mbs: 2 | grad_accum: 32 | cp: 2 | sequence_length: 512 | global_batch_size: 128 | train_steps: 3 | start_iteration_step: 0
                01/17/2024 13:47:27 [INFO|DP=0|PP=0|TP=0]: iteration: 1 / 1000 | consumed_tokens: 65.5K | elapsed_time_per_iteration_ms: 45 | tokens_per_sec: 14.2K | tokens_per_sec_per_gpu: 1.78K | global_batch_size: 128 | lm_loss: 10.6 | lr: 1e-05 | grad_norm: 0.515
                01/17/2024 13:47:28 [INFO|DP=0|PP=0|TP=0]: iteration: 2 / 1000 | consumed_tokens: 131K | elapsed_time_per_iteration_ms: 45 | tokens_per_sec: 14.2K | tokens_per_sec_per_gpu: 1.78K | global_batch_size: 128 | lm_loss: 10.5 | lr: 1e-05 | grad_norm: 0.515
                """,
            expected: [
                .batch: 2, .sequence: 512, .accumulation: 32, .worldSize: 2, .rowsPerStep: 128, .tokensPerStep: 65_536,
            ]
        ),
        Example(
            trainer: "MaxText",
            log: """
                I0317 09:59:16.239871 125344476638336 pyconfig.py:413] Config param eval_per_device_batch_size: 0
                Config param global_batch_size_to_train_on: 96
                Config param gradient_accumulation_steps: 2
                Config param max_target_length: 2048
                Config param per_device_batch_size: 12.0
                completed step: 0, seconds: 1.341, TFLOP/s/device: 257.929, Tokens/s/device: 36653.244, loss: 10.9
                completed step: 1, seconds: 1.341, TFLOP/s/device: 257.929, Tokens/s/device: 36653.244, loss: 10.8
                """,
            expected: [.batch: 12, .sequence: 2048, .accumulation: 2, .rowsPerStep: 96, .worldSize: 4]
        ),
        Example(
            trainer: "llm-foundry",
            log: """
                max_seq_len: 2048
                model:
                  name: mpt_causal_lm
                  max_seq_len: 2048
                global_train_batch_size: 256
                device_eval_batch_size: 16
                device_train_microbatch_size: 16
                step 1, loss: 11.65
                step 2, loss: 11.55
                step 3, loss: 11.45
                """,
            expected: [.batch: 16, .sequence: 2048, .rowsPerStep: 256]
        ),
    ]

    @Test(arguments: examples) func eachTrainersGeometryIsRead(_ example: Example) throws {
        let settings = try read(example.log).hyperparameters
        for (setting, value) in example.expected {
            #expect(settings[setting] == value, "\(example.trainer): \(setting)")
            if setting != .steps { #expect(settings.sources[setting]?.line != nil, "\(example.trainer): \(setting)") }
        }
        // What is not expected must not be there: a wrong value is worse than none.
        for setting in Setting.allCases where setting.isOfGeometry && example.expected[setting] == nil {
            let isDerived = settings.sources[setting]?.isComputed ?? true
            #expect(settings[setting] == nil || isDerived, "\(example.trainer): \(setting)")
        }
        #expect(settings.changes.isEmpty && settings.unclear.isEmpty, "\(example.trainer)")
    }

    private let nanoGPT = """
        iter 0: loss 4.2, time 100.00ms, mfu -100.00%
        iter 1: loss 4.1, time 100.00ms, mfu -100.00%

        """

    @Test func theLastOfSeveralFilesAndOptionsHolds() throws {
        let log = """
            Overriding config with a.py:
            batch_size = 64
            Overriding: batch_size = 8
            Overriding config with b.py:
            batch_size = 32
            tokens per iteration will be: 1,024

            """
        let settings = try read(log + nanoGPT).hyperparameters
        #expect(settings.batch == 32 && settings.sources[.batch]?.line == 5)
    }

    @Test func anExpressionThatCannotBeComputedLeavesTheValueOpen() throws {
        let log = "Overriding config with a.py:\nbatch_size = 64\nbatch_size = args.size // 2\n"
        let settings = try read(log + nanoGPT).hyperparameters
        #expect(settings.batch == nil && settings.unclear[.batch] != nil)
    }

    @Test func aDumpThatDisagreesWithItselfGivesNoValue() throws {
        let log = """
              micro_batch_size ................................ 8
              micro_batch_size ................................ 4
             iteration        1/    1000 | lm loss: 1.091487E+01 | loss scale: 1.0 | grad norm: 0.312 |
             iteration        2/    1000 | lm loss: 1.081487E+01 | loss scale: 1.0 | grad norm: 0.312 |
            """
        let settings = try read(log).hyperparameters
        #expect(settings.batch == nil)
        #expect(settings.unclear[.batch]?.values.map(\.value) == [8, 4])
        #expect(settings.unclear[.batch]?.text == "the log prints 8 (line 1) and 4 (line 2)")
    }

    @Test func aBatchThatRampsUpIsNoNumber() throws {
        let log = """
            will use batch size rampup starting from global batch size 32 to global batch size 64 with batch size increments 32 over 1000 samples.
              global_batch_size ............................... 64
             iteration        1/    1000 | consumed samples:           32 | global batch size:    32 | lm loss: 1.091487E+01 | loss scale: 1.0 |
             iteration        2/    1000 | consumed samples:           64 | global batch size:    32 | lm loss: 1.081487E+01 | loss scale: 1.0 |
             iteration        3/    1000 | consumed samples:          128 | global batch size:    64 | lm loss: 1.081487E+01 | loss scale: 1.0 |
            """
        let history = try read(log)
        #expect(history.hyperparameters.rowsPerStep == nil)
        let sizes = history.stepTokens.filter { $0.kind == .printed }
        #expect(sizes.map(\.steps) == [1...2, 3...3] && sizes.map(\.whole) == [32, 64])
    }

    @Test func aResumedProcessWithAnotherBatchIsAChange() throws {
        func banner(_ total: Int, _ accumulation: Int) -> String {
            "total desired batch size: \(total)\n=> calculated gradient accumulation steps: \(accumulation)\n"
        }
        func steps(_ range: Range<Int>) -> String {
            range.map { "step \($0) | loss: 5.\($0) | lr 6.0000e-04 | norm: 0.4 | dt: 300.00ms | tok/sec: 1000.00\n" }
                .joined()
        }
        let same = try read(banner(1024, 2) + steps(0..<5) + banner(1024, 2) + steps(3..<8)).hyperparameters
        #expect(same.changes.isEmpty && same.tokensPerStep == 1024)
        let other = try read(banner(1024, 2) + steps(0..<5) + banner(2048, 4) + steps(3..<8)).hyperparameters
        #expect(other.tokensPerStep == 1024)
        #expect(other.changes.map(\.setting) == [.accumulation, .tokensPerStep])
        #expect(other.changes.allSatisfy { $0.step == 3 } && other.changes.map(\.after) == [4, 2048])
    }

    @Test func ranksThatOnlyTheirOwnLinesShowAreNotGuessed() throws {
        let line = "tokens per iteration will be: 1,024\n"
        let options = "Overriding: gradient_accumulation_steps = 8\n"
        #expect(try read(options + line + nanoGPT).hyperparameters.unclear[.worldSize] == nil)
        let many = try read(options + options + line + line + nanoGPT).hyperparameters
        #expect(many.unclear[.worldSize] != nil && many.worldSize == nil && many.accumulationCountsRanks)
    }

    @Test func litgptsMicroBatchesAreNoSteps() throws {
        var log = ""
        for iteration in 1...12 {
            let end = iteration.isMultiple(of: 4) ? " (step)" : ""
            log += "Epoch 1 | iter \(iteration) step \(iteration / 4) | loss train: 7.\(iteration), val: n/a"
            log += " | iter time: 9.00 ms\(end) remaining time: 0:00:01\n"
            if iteration == 8 { log += "iter 8: val loss 6.5000, val time: 3.00 ms\n" }
        }
        let history = try read(log)
        #expect(Set(history.train.steps) == [1, 2, 3])
        #expect(history.validation.steps == [2] && history.hyperparameters.accumulation == 4)
    }

    @Test func severalFilesNameTheirSources() throws {
        let scratch = try Scratch()
        func log(_ batch: Int, _ steps: Range<Int>) -> String {
            "Overriding: batch_size = \(batch)\n"
                + steps.map { "iter \($0): loss 4.\($0), time 100.00ms, mfu 1.00%\n" }.joined()
        }
        let first = try scratch.write(log(8, 0..<5), as: "a.log")
        let second = try scratch.write(log(16, 5..<9), as: "b.log")
        let settings = try LogReader.read(paths: [first, second]).hyperparameters
        #expect(settings.batch == 8 && settings.sources[.batch]?.text == "a.log line 1")
        #expect(settings.changes.map(\.after) == [16] && settings.changes.first?.step == 5)
    }

    @Test func printedTotalsGiveTheTokensOfAStepWithinTheirRounding() throws {
        func log(_ format: (Double) -> String) -> String {
            (1...40).map { step in
                "01/17/2024 13:47:27 [INFO|DP=0|PP=0|TP=0]: iteration: \(step) / 1000 | consumed_tokens: "
                    + "\(format(Double(step) * 262_144)) | lm_loss: 10.6 | lr: 1e-05 | grad_norm: 0.5\n"
            }.joined()
        }
        let exact = try read(log { "\(Int($0))" })
        #expect(exact.hyperparameters.tokensPerStep == 262_144)
        let rounded = try read(log { String(format: "%.3gM", $0 / 1e6) })
        #expect(rounded.hyperparameters.tokensPerStep == nil)
        let plan = { (tokens: Int) in PlannedFeeding(stages: [.init(step: 1, rows: nil, tokens: tokens)]) }
        #expect(plan(262_144).contradicted(by: rounded).isEmpty)
        #expect(!plan(524_288).contradicted(by: rounded).isEmpty)
    }

    @Test func throughputTimesTimeContradictsOnlyAFactor() throws {
        let log = (1...40).map { step in
            "step \(step)/100 | train loss 5.\(step) | norm 1.0 | lr 1.00e-04 | (100.00 ms | \(10_240 + step % 3 * 300) tok/s)\n"
        }.joined()
        let history = try read(log)
        let plan = { (tokens: Int) in PlannedFeeding(stages: [.init(step: 1, rows: nil, tokens: tokens)]) }
        for tokens in [900, 1024, 1300] { #expect(plan(tokens).contradicted(by: history).isEmpty, "\(tokens)") }
        for tokens in [512, 2048] { #expect(!plan(tokens).contradicted(by: history).isEmpty, "\(tokens)") }
    }

    @Test func whatIsNoNumberOfABatchIsNotTakenForOne() throws {
        // Prose, options of a command line, names that only end alike, another section.
        let log = """
            python train.py --local_batch_size=4 --training.seq_len 128
            my_local_batch_size: 3
            the training uses local_batch_size: see below
            validation: {"local_batch_size": 2, "seq_len": 64}
            [titan] 2026-01-02 03:04:06,006 - root - INFO - step:  1  loss:  8.0277  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812
            [titan] 2026-01-02 03:04:07,006 - root - INFO - step:  2  loss:  7.9  grad_norm:  1.4604  memory: 1.18GiB(1.25%)  tps: 6,812
            """
        let settings = try read(log).hyperparameters
        #expect(settings.batch == nil && settings.sequence == nil && settings.rowsPerStep == nil)
    }

    /// Whatever factors a run has, what follows from the printed ones is right, and never more than follows.
    @Test func whatFollowsFromPrintedFactorsIsRight() throws {
        var random = SeededGenerator(state: 17)
        for _ in 0..<200 {
            let batch = Int.random(in: 1...64, using: &random)
            let sequence = 1 << Int.random(in: 4...13, using: &random)
            let accumulation = Int.random(in: 1...12, using: &random)
            let world = Int.random(in: 1...16, using: &random)
            let all: [Setting: Int] = [
                .batch: batch, .sequence: sequence, .accumulation: accumulation, .worldSize: world,
                .rowsPerStep: batch * accumulation * world, .tokensPerStep: batch * accumulation * world * sequence,
            ]
            var lines = [
                "using world size: \(world), data-parallel size: \(world), tensor-model-parallel size: 1",
                "  micro_batch_size ................................ \(batch)",
                "  global_batch_size ............................... \(batch * accumulation * world)",
                "  seq_length ...................................... \(sequence)",
                "setting number of micro-batches to constant \(accumulation)",
            ]
            lines = lines.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
            lines += (1...2).map { " iteration \($0)/ 9 | lm loss: 5.\($0)E+00 | loss scale: 1.0 | grad norm: 0.3 |" }
            let settings = try read(lines.joined(separator: "\n")).hyperparameters
            for (setting, value) in all { #expect(settings[setting] == nil || settings[setting] == value) }
        }
    }
}
