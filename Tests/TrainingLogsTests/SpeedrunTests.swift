import Terms
import Testing
import TrainingLogs

/// modded-nanogpt and parameter-golf.
struct SpeedrunTests {
    static let source = """
        import torch
        # step:{step} is printed below
            print0(f"step:{step}/{args.iterations} val_loss:{val_loss:.4f} train_time:{ms:.0f}ms")
            loss = model(x, y); train_loss = loss.detach()
        ====================================================================================================

        """

    @Test func sourceCodeAtTheHeadIsPassedOver() throws {
        let log =
            Self.source + """
                step:0/6200 val_loss:10.9264 train_time:285ms step_avg:nanms
                step:1/6200 train_loss:10.9184 train_time:74701ms step_avg:nanms
                step:2/6200 train_loss:8.6834 train_time:75965ms step_avg:213.66ms
                step:2/6200 val_loss:8.5 train_time:75965ms step_avg:213.66ms
                """
        let history = try read(log)
        #expect(history.format == "modded-nanogpt")
        #expect(history.stepBase == 1)
        #expect(history.lossScope == .microBatch)
        #expect(history.train == Series(steps: [1, 2], values: [10.9184, 8.6834]))
        #expect(history.validation == Series(steps: [0, 2], values: [10.9264, 8.5]))
        #expect(history.hyperparameters.totalSteps == 6200)
    }

    @Test func linesWithoutLossLeaveAValidationCurve() throws {
        let log =
            Self.source + "step:0/10 val_loss:10.8 train_time:0ms step_avg:0.02ms\n"
            + "step:1/10 train_time:33ms step_avg:33.00ms\nstep:10/10 val_loss:3.2 train_time:99ms step_avg:9.90ms\n"
        let history = try read(log)
        #expect(history.train.isEmpty)
        #expect(history.validation.steps == [0, 10])
    }

    @Test func parameterGolfVariants() throws {
        let log = """
            train_batch_tokens:524288 train_seq_len:1024 iterations:20000
            world_size:8 grad_accum_steps:1
            warmup_step:1/20
            step:0/20000 val_loss:6.9 val_bpb:4.1 train_time:0ms step_avg:0.02ms
            step:200/20000 [CE+SWA] train_loss:2.5 train_time:33ms step_avg:32.84ms
            step:400/20000 loss:2.4 t:77ms step_avg:38.4ms
            stopping_early: wallclock_cap train_time:600ms step:400/20000
            final_int8_zlib_roundtrip val_loss:2.0386 val_bpb:1.2074 eval_time:1356ms
            """
        let history = try read(log)
        #expect(history.train == Series(steps: [200, 400], values: [2.5, 2.4]))
        #expect(history.validation == Series(steps: [0], values: [6.9]))
        #expect(history.lossScope == .unknown)
        #expect(history.hyperparameters.tokensPerStep == 524_288)
        #expect(history.hyperparameters.sequence == 1024)
        #expect(history.hyperparameters.worldSize == 8)
    }

    @Test func parameterGolfWithoutAWordBeforeTheStep() throws {
        let history = try read(
            "0/20000 val_loss: 9.0 val_bpb: 3.4\n1/20000 train_loss: 9.1 train_time: 0.0m tok/s: 81\n"
                + "500/20000 train_loss: 3.3 train_time: 0.8m tok/s: 77\nstopping_early: step: 500/20000\n"
        )
        #expect(history.format == "parameter-golf")
        #expect(history.train == Series(steps: [1, 500], values: [9.1, 3.3]))
        #expect(history.validation == Series(steps: [0], values: [9.0]))
    }
}
