import Testing
import TrainingLogs

/// Megatron-LM and its forks, torchtitan, litgpt, OLMo, nanotron, MaxText.
struct LargeTrainerTests {
    @Test func megatronLines() throws {
        let log = """
            using world size: 32, data-parallel-size: 4, tensor-model-parallel size: 8
             [2026-02-03 10:11:12.131415] iteration       10/    1000 | consumed samples:           40 | elapsed time per iteration (ms): 3171.3 | learning rate: 0.000E+00 | global batch size:     4 | loss scale: 8388608.0 | number of skipped iterations:  10 | number of nan iterations:   0 |
            [default7]: iteration       20/    1000 | learning rate: 3.750E-05 | global batch size:     4 | lm loss: 1.210588E+01 | loss scale: 32768.0 | grad norm: 0.312 | number of skipped iterations:   0 | number of nan iterations:   0 |
            ------------------------------------------------------------------------
             validation loss at iteration 20 | lm loss value: 8.095942E+00 | lm loss PPL: 3.281066E+03 |
            ------------------------------------------------------------------------
             samples/sec: 13.3 | iteration       30/    1000 | learning rate: 2.989E-05 | lm_loss: 8.667910E-01 | loss scale: 32768.0 | number of skipped iterations:   0 | number of nan iterations:   0 |
             iteration       40/    1000 | learning rate: 2.9E-05 | loss scale: 32768.0 | grad norm: nan | number of skipped iterations:   0 | number of nan iterations:   0 |
            """
        let history = try read(log)
        #expect(history.format == "megatron")
        #expect(history.train == Series(steps: [20, 30], values: [12.10588, 0.866791]))
        #expect(history.validation == Series(steps: [20], values: [8.095942]))
        #expect(history.lossScale.steps == [10, 20, 30, 40])
        #expect(history.gradientNorm.steps == [20, 40])
        #expect(history.events.map(\.kind) == [.skippedUpdate, .hiddenNonFinite])
        #expect(history.events.map(\.step) == [10, 40])
        #expect(history.hyperparameters.worldSize == 4)
        #expect(history.hyperparameters.totalSteps == 1000)
    }

    @Test func aSmallerLossScaleWithoutALossIsASkippedUpdate() throws {
        let line = { (step: Int, loss: String, scale: Int) in
            " iteration \(step)/ 100 |\(loss) loss scale: \(scale).0 | number of skipped iterations:   0 |\n"
        }
        let history = try read(line(1, " lm loss: 2.0E+00 |", 64) + line(2, "", 32) + line(3, "", 32))
        #expect(history.events.map(\.kind) == [.skippedUpdate, .hiddenNonFinite])
    }

    @Test func aRunWhoseEveryLossIsMissingIsStillRecognised() throws {
        let line =
            " iteration 9/ 100 | consumed samples: 1 | loss scale: 1.0 | grad norm: nan | number of skipped iterations: 0 |\n"
        let history = try read(line + line)
        #expect(history.format == "megatron")
        #expect(history.train.isEmpty)
        #expect(history.events.map(\.kind) == [.hiddenNonFinite, .hiddenNonFinite])
    }

    @Test func megatronGoldenValuesInBothLayouts() throws {
        let new = try read(
            #"{"lm loss": {"start_step": 1, "end_step": 9, "step_interval": 4, "values": {"1": 10.8, "5": 9.5, "9": "nan"}}, "num-zeros": {"start_step": 1, "values": {"1": 5.0}}}"#
        )
        #expect(new.format == "megatron-golden")
        #expect(new.train.steps == [1, 5, 9])
        #expect(new.train.nonFiniteCount == 1)
        let old = try read(
            #"{"lm loss": {"start_step": 0, "end_step": 20, "step_interval": 5, "values": [10.8, 10.2, 9.9]}}"#
        )
        #expect(old.train == Series(steps: [0, 5, 10], values: [10.8, 10.2, 9.9]))
    }

    @Test func torchtitanInColour() throws {
        let escape = "\u{1B}"
        let log = """
            [rank0]:[titan] 2026-03-01 08:00:01,234 - root - INFO - \(escape)[31mstep:  1  \(escape)[32mloss: 12.83217  \(escape)[38;2;180;60;0mgrad_norm:  1.0342  \(escape)[34mmemory: 41.20GiB(51.52%)  tps: 6,812  tflops: 312.45  mfu: 31.59%\(escape)[39m
            [titan] 2026-03-01 08:00:02,234 - root - INFO - step: 10  loss:  9.1000  grad_norm:  0.9  memory: 41.20GiB(51.52%)  tps: 6,812
            [titan] 2026-03-01 08:00:03,234 - root - INFO - validate step: 10  loss:  9.2000  memory: 41.20GiB(51.52%)  tps: 6,812
            """
        let history = try read(log)
        #expect(history.format == "torchtitan")
        #expect(history.train == Series(steps: [1, 10], values: [12.83217, 9.1]))
        #expect(history.gradientNorm.values == [1.0342, 0.9])
        #expect(history.validation == Series(steps: [10], values: [9.2]))
    }

    @Test func litgpt() throws {
        let log = """
            Epoch 1 | iter 128 step 1 | loss train: 10.981, val: n/a | iter time: 9.10 ms (step) remaining time: 1:02:03
            iter 128: val loss 10.9512, val time: 99.00 ms
            Epoch 1 | iter 192 step 1 | loss train: 10.9, val: 10.951 | iter time: 9.10 ms remaining time: 1 day, 1:02:03
            Epoch 1 | iter 256 step 2 | loss train: 10.8, val: 10.951 | iter time: 9.10 ms (step) remaining time: 1:02:03
            Final evaluation | val loss: 10.800 | val ppl: 49020.801
            """
        let history = try read(log)
        #expect(history.format == "litgpt")
        #expect(history.train == Series(steps: [1, 2, 2], values: [10.981, 10.9, 10.8]), "iter counts micro-batches")
        #expect(history.validation == Series(steps: [1], values: [10.9512]))
        #expect(history.hyperparameters.accumulation == 128)
    }

    @Test func olmoConsole() throws {
        let log = """
            2026-01-02 03:04:05.678 host:0 olmo.train:900 INFO [step=1000/700000,epoch=0]
                optim/total_grad_norm=0.3512
                train/CrossEntropyLoss=2.514
                train/Perplexity=12.35
            [step=1001/700000,epoch=0]
                train/CE loss=nan
                optim/LR (group 0)=0.0003
            """
        let history = try read(log)
        #expect(history.format == "olmo")
        #expect(history.train.steps == [1000, 1001])
        #expect(history.train.values[0] == 2.514)
        #expect(history.train.values[1].isNaN)
        #expect(history.gradientNorm == Series(steps: [1000], values: [0.3512]))
        #expect(history.learningRate == Series(steps: [1001], values: [0.0003]))
    }

    @Test func nanotronMaxTextAndMLX() throws {
        let nanotron = try read(
            "01/17/2024 13:47:27 [INFO|DP=0|ip-1]: iteration: 9 / 100 | consumed_tokens: 634K | lm_loss: 10.6 | lr: 1e-05 | hardware_tflops_per_gpu: 1 | grad_norm: 0.5\n"
        )
        #expect(nanotron.format == "nanotron")
        #expect(nanotron.train == Series(steps: [9], values: [10.6]))
        #expect(nanotron.gradientNorm.values == [0.5])
        let maxText = try read(
            "completed step: 0, seconds: 1.3, TFLOP/s/device: 1.0, total_weights: 15, loss: 10.874\n"
        )
        #expect(maxText.format == "maxtext")
        #expect(maxText.stepBase == 0)
        let mlx = try read(
            "Iter 1: Val loss 3.298, Val took 268.1s\nIter 10: Train loss 3.26, Learning Rate 1.000e-05, It/sec 0.1\n"
        )
        #expect(mlx.format == "mlx-lm")
        #expect(mlx.train == Series(steps: [10], values: [3.26]))
        #expect(mlx.learningRate.values == [1e-5])
        #expect(mlx.validation == Series(steps: [1], values: [3.298]))
    }
}
