import Terms
import Testing
import TrainingLogs

struct LlmcTests {
    @Test func cudaOutputGivesLossNormRateAndTheConfigurationTable() throws {
        let log = """
            +-----------------------+----------------------------------------------------+
            | Parameter             | Value                                              |
            | micro batch size B    | 4                                                  |
            | sequence length T     | 64                                                 |
            | total batch size      | 512                                                |
            | vocab_size V          | 50257                                              |
            | num_parameters        | 124475904                                          |
            | train_num_batches     | 900                                                |
            | num_processes         | 2                                                  |
            => setting grad_accum_steps=1
            val loss 10.990000
            step    1/900 | loss 10.981234 (+nanz)| norm 14.5000 (+nanz)| lr 8.00e-07 | 12.00 ms | 50.1% bf16 MFU | 9 tok/s
            step    2/900 | loss     nan (+nanz)| norm   -nan (+nanz)| lr 1.60e-06 | 12.00 ms | 50.1% bf16 MFU | 9 tok/s
            skipping update due to loss z-score of 7.100000
            step    3/900 | loss 10.5 (-0.31z)| norm 1.2500 (+0.12z)| lr 2.40e-06 | 12.00 ms | 50.1% bf16 MFU | 9 tok/s
            val loss 10.400000
            """
        let history = try read(log)
        #expect(history.format == "llm.c")
        #expect(history.stepBase == 1)
        #expect(history.lossScope == .step)
        #expect(history.train.steps == [1, 2, 3])
        #expect(history.train.values[0] == 10.981234)
        #expect(history.train.nonFiniteCount == 1)
        #expect(history.gradientNorm.values[0] == 14.5)
        #expect(history.gradientNorm.values[1].isNaN)
        #expect(history.learningRate.values == [8e-7, 1.6e-6, 2.4e-6])
        #expect(history.validation == Series(steps: [0, 3], values: [10.99, 10.4]))
        let parameters = history.hyperparameters
        #expect(parameters.batch == 4)
        #expect(parameters.sequence == 64)
        #expect(parameters.tokensPerStep == 512)
        #expect(parameters.vocabulary == 50257)
        #expect(parameters.parameters == 124_475_904)
        #expect(parameters.totalSteps == 900)
        #expect(parameters.worldSize == 2)
        #expect(parameters.accumulation == 1)
        #expect(history.events.map(\.kind) == [.skippedUpdate])
        #expect(history.events[0].step == 2)
        #expect(history.events[0].line == 14)
    }

    @Test func pythonOutputGivesTheBannerToo() throws {
        let log = """
            total desired batch size: 512
            => calculated gradient accumulation steps: 2
            DataLoader: total number of tokens: 540,000 across 6 files
            DataLoader: total number of tokens: 90,000 across 1 files
            val loss 6.243709993362427
            step    1/1000 | train loss 6.238888 | norm 1.9219 | lr 4.00e-05 | (104.11 ms | 4918 tok/s)
            step    2/1000 | train loss 6.2 | norm -1.0000 | lr 8.00e-05 | (104.11 ms | 4918 tok/s)
            """
        let history = try read(log)
        #expect(history.format == "llm.c-python")
        #expect(history.train == Series(steps: [1, 2], values: [6.238888, 6.2]))
        #expect(history.gradientNorm == Series(steps: [1], values: [1.9219]), "-1 stands for not measured")
        #expect(history.validation == Series(steps: [0], values: [6.243709993362427]))
        #expect(history.hyperparameters.tokensPerStep == 512)
        #expect(history.hyperparameters.accumulation == 2)
        #expect(history.hyperparameters.trainTokens == 540_000)
        #expect(history.hyperparameters.trainShards == 6)
        #expect(history.hyperparameters.totalSteps == 1000)
    }

    @Test func aForksLossScaleBehindTheRateIsRead() throws {
        let history = try read(
            (1...3).map {
                "step \($0)/9 | train loss 6.\($0) | norm 1.5 | lr 4.00e-05 | scale \(256 * $0) | (1.1 ms | 4918 tok/s)\n"
            }.joined()
        )
        #expect(history.format == "llm.c-python")
        #expect(history.lossScale == Series(steps: [1, 2, 3], values: [256, 512, 768]))
        #expect(history.learningRate.count == 3)
    }

    @Test func cOutputCountsFromZeroAndFp32FromOne() throws {
        let c = try read(
            "val loss 6.2\nstep 0: train loss 6.24 (took 17.5 ms)\nstep 1: train loss 6.20 (took 15.6 ms)\n"
        )
        #expect(c.format == "llm.c-c")
        #expect(c.stepBase == 0)
        #expect(c.validation.steps == [0])
        let fp32 = try read("val loss 4.5\nstep    1/74: train loss 4.36 (80.6 ms, 50813 tok/s)\nval loss 4.4\n")
        #expect(fp32.stepBase == 1)
        #expect(fp32.train == Series(steps: [1], values: [4.36]))
        #expect(fp32.validation.steps == [0, 1])
        #expect(fp32.hyperparameters.totalSteps == 74)
    }

    @Test func mainLogWithAndWithoutRateAndNorm() throws {
        let long = try read(
            "s:0 tel:11.0\ns:0 trl:11.1 lr:0.000600 norm:15.37\ns:0 eval:0.2\ns:1 trl:nan lr:0.000600 norm:inf\n"
        )
        #expect(long.format == "llm.c-main-log")
        #expect(long.stepBase == 0)
        #expect(long.train.steps == [0, 1])
        #expect(long.gradientNorm.values == [15.37, .infinity])
        #expect(long.validation == Series(steps: [0], values: [11.0]))
        let short = try read("s:0 trl:6.238888\ns:1 trl:6.237222\n")
        #expect(short.train.values == [6.238888, 6.237222])
        #expect(short.learningRate.isEmpty)
    }

    @Test func mainLogOfValidationOnlyIsRead() throws {
        let history = try read("s:0 tel:10.9\ns:250 tel:6.3\n")
        #expect(history.train.isEmpty)
        #expect(history.validation.steps == [0, 250])
        #expect(history.segments.isEmpty)
    }
}

@Suite struct ParameterBannerTests {
    @Test func theTwoOptimizerGroupsAreSummedOnce() throws {
        let banner = """
            num decayed parameter tensors: 6, with 5,376 parameters
            num non-decayed parameter tensors: 10, with 120 parameters

            """
        let lines = (1...20).map { "step \($0)/20 | train loss 5.\($0) | norm 1.0 | lr 1e-4 | (1.00 ms | 10 tok/s)\n" }
            .joined()
        let once = try LogReader.parse(bytes: Array((banner + lines).utf8), name: "a")
        #expect(once.hyperparameters.parameters == 5496)
        let resumed = try LogReader.parse(bytes: Array((banner + lines + banner + lines).utf8), name: "a")
        #expect(resumed.hyperparameters.parameters == 5496)
    }
}
