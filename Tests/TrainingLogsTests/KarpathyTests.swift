import Terms
import Testing
import TrainingLogs

/// build-nanogpt, nanoGPT, nanochat.
struct KarpathyTests {
    @Test func buildNanoGPTOutputAndItsValidationBeforeTheStep() throws {
        let log = """
            found 99 shards for split train
            found 1 shards for split val
            validation loss: 10.9522
            HellaSwag accuracy: 2497/10042=0.2487
            step     0 | loss: 10.955010 | lr 6.0000e-04 | norm: 15.3420 | dt: 19152.47ms | tok/sec: 27374.43
            step     1 | loss: 9.5 | lr 5.9994e-04 | norm: 3.8393 | dt: 394.95ms | tok/sec: 1327465.30
            rank 1 sample 0: Hello, the validation loss of a step is
            validation loss: 9.1
            step     2 | loss: 9.2 | lr 5.9e-04 | norm: 3.1 | dt: 394.95ms | tok/sec: 1327465.30
            validation loss: 9.0
            """
        let history = try read(log)
        #expect(history.format == "build-nanogpt")
        #expect(history.train == Series(steps: [0, 1, 2], values: [10.95501, 9.5, 9.2]))
        #expect(history.learningRate.values == [6e-4, 5.9994e-4, 5.9e-4])
        #expect(history.gradientNorm.values == [15.342, 3.8393, 3.1])
        #expect(history.validation == Series(steps: [0, 2, 3], values: [10.9522, 9.1, 9.0]))
        #expect(history.hyperparameters.trainShards == 99)
    }

    @Test func buildNanoGPTLogFile() throws {
        let history = try read("0 val 11.0864\n0 hella 0.2498\n0 train 11.087302\n1 train nan\n2 train 10.7\n")
        #expect(history.format == "build-nanogpt-log")
        #expect(history.train.steps == [0, 1, 2])
        #expect(history.train.nonFiniteCount == 1)
        #expect(history.validation == Series(steps: [0], values: [11.0864]))
    }

    @Test func nanoGPTKeepsBothCurvesApart() throws {
        let log = """
            tokens per iteration will be: 491,520
            number of parameters: 123.59M
            step 0: train loss 10.9148, val loss 10.9483
            iter 0: loss 10.9512, time 23218.37ms, mfu -100.00%
            iter 10: loss 9.1, time 193.77ms, mfu 41.03%
            saving checkpoint to out
            """
        let history = try read(log)
        #expect(history.format == "nanogpt")
        #expect(history.lossScope == .microBatch)
        #expect(history.train == Series(steps: [0, 10], values: [10.9512, 9.1]))
        #expect(history.validation == Series(steps: [0], values: [10.9483]))
        #expect(history.hyperparameters.tokensPerStep == 491_520)
        #expect(history.hyperparameters.parameters == 123_590_000)
        #expect(history.events.map(\.kind) == [.checkpoint])
        #expect(history.events.first?.step == 10)
    }

    @Test func nanoGPTWithFurtherFields() throws {
        let history = try read(
            "iter 0: loss 4.2, lr 1e-3, time 3ms\nstep 0: train loss 4.3, val loss 4.4\niter 1: loss 4.1, lr 1e-3\n"
        )
        #expect(history.format == "nanogpt")
        #expect(history.train == Series(steps: [0, 1], values: [4.2, 4.1]))
    }

    @Test func nanoGPTWithEvaluationsOnlyTakesTheirTrainingLoss() throws {
        let history = try read("step 0: train loss 4.33, val loss 4.34\nstep 500: train loss 2.54, val loss 2.55\n")
        #expect(history.train == Series(steps: [0, 500], values: [4.33, 2.54]))
        #expect(history.lossScope == .unknown)
    }

    @Test func nanochatOldAndNewForms() throws {
        let log = """
            Vocab size: 32,768
            Tokens / micro-batch / rank: 8 x 192 = 1,536
            Total batch size 3,072 => gradient accumulation steps: 2
            Step 00000 | Validation bpb: 3.3084
            step 00000/21400 (0.00%) | loss: 10.397 | grad norm: 0.4131 | lrm: 0.25 | dt: 1.42ms | tok/sec: 9 | mfu: 47.90 | total time: 0.00m
            step 00001/21400 (0.00%) | loss: 10.2 | lrm: 0.50 | dt: 1311.42ms | tok/sec: 399,788 | bf16_mfu: 47.90 | epoch: 1 pq: 3 rg: 41 | total time: 8.79m | eta: 458.66m
            step 00002 (0.01%) | loss: nan | lrm: 1.00 | dt: 5.05ms | tok/sec: 25,322 | mfu: 0.00 | epoch: 1 | total time: 0.01m
            Step 00003 | CORE metric: 0.1432
            Step 00000 | Validation loss: 1.009291
            """
        let history = try read(log)
        #expect(history.format == "nanochat")
        #expect(history.lossScope == .movingAverage)
        #expect(history.learningRateIsMultiplier)
        #expect(history.train.steps == [0, 1, 2])
        #expect(history.train.nonFiniteCount == 1)
        #expect(history.learningRate.values == [0.25, 0.5, 1])
        #expect(history.gradientNorm == Series(steps: [0], values: [0.4131]))
        #expect(history.validation == Series(steps: [0], values: [3.3084]))
        #expect(history.validationUnit == .bitsPerByte)
        #expect(history.hyperparameters.batch == 8)
        #expect(history.hyperparameters.sequence == 192)
        #expect(history.hyperparameters.tokensPerStep == 3072)
        #expect(history.hyperparameters.accumulation == 2)
        #expect(history.hyperparameters.totalSteps == 21400)
        #expect(history.hyperparameters.vocabulary == 32768)
    }
}
