import Terms
import Testing
import TrainingLogs

struct HuggingFaceTests {
    @Test func dictionariesTakeTheirStepFromTheProgressBar() throws {
        let log =
            "  1%|1         | 10/300 [00:17<46:57,  1.69s/it]\r                    \r"
            + "{'loss': 3.412, 'grad_norm': 1.5, 'learning_rate': 4.96e-05, 'epoch': 0.02}\n"
            + "  1%|1         | 10/300 [00:17<46:57,  1.69s/it]\r  6%|1         | 20/300 [00:34<47:20,  1.71s/it]"
            + "{'loss': 3.1, 'grad_norm': 1.4, 'learning_rate': 4.9e-05, 'epoch': 0.04}\n"
            + " 50%|#####     | 1/2 [00:01<00:01,  1.00s/it]\n"
            + "{'eval_loss': 3.0, 'eval_runtime': 2.1, 'epoch': 0.04}\n"
        let history = try read(log)
        #expect(history.format == "hf-trainer")
        #expect(history.lossScope == .interval)
        #expect(history.train == Series(steps: [10, 20], values: [3.412, 3.1]))
        #expect(history.learningRate.values == [4.96e-5, 4.9e-5])
        #expect(history.gradientNorm.steps == [10, 20])
        #expect(history.validation == Series(steps: [20], values: [3.0]))
        #expect(history.hyperparameters.totalSteps == 300)
    }

    @Test func recordsOfABufferedOutputAreSpreadOverTheRun() throws {
        let log =
            "100%|##########| 30/30 [00:17<00:00,  1.69s/it]\n{'loss': 3.0, 'epoch': 0.3}\n{'loss': 2.0, 'epoch': 0.7}\n"
            + "{'loss': 1.0, 'epoch': 1.0}\n{'train_runtime': 17.0, 'train_loss': 2.0, 'epoch': 1.0}\n"
        let history = try read(log)
        #expect(history.train == Series(steps: [10, 20, 30], values: [3, 2, 1]), "the summary is not a record")
    }

    @Test func quotedNumbersNaNsAndStepsInTheDictionary() throws {
        let history = try read(
            "{'loss': '2.414', 'grad_norm': 'nan', 'learning_rate': '4.96e-05', 'epoch': '0.01', 'step': 10}\n"
                + "{'loss': nan, 'grad_norm': inf, 'learning_rate': 4e-05, 'epoch': 0.02, 'step': 20}\n"
        )
        #expect(history.train.steps == [10, 20])
        #expect(history.train.values[0] == 2.414)
        #expect(history.train.values[1].isNaN)
        #expect(history.gradientNorm.values[0].isNaN)
        #expect(history.gradientNorm.values[1] == .infinity)
    }

    @Test func aLossOfZeroWithANaNGradientIsAHiddenNaN() throws {
        let history = try read(
            "{'loss': 344093.2, 'grad_norm': nan, 'epoch': 0.0}\n{'loss': 0.0, 'grad_norm': nan, 'epoch': 0.0}\n"
                + "{'loss': 0.0, 'grad_norm': 0.0, 'epoch': 0.1}\n"
        )
        #expect(history.train.values == [344093.2, 0, 0])
        #expect(history.events.map(\.kind) == [.hiddenNonFinite])
        #expect(history.events.first?.step == 2)
    }

    @Test func overflowMessagesGiveSkippedUpdatesAndTheLossScale() throws {
        let log = """
            14%|#  | 378/2724 [13:58:09<86:18:35, 132.44s/it][2023-06-07 22:16:00,018] [INFO] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 64, reducing to 32
            14%|#  | 380/2724 [14:02:33<86:01:24, 132.12s/it]
            {'loss': 2.0491, 'learning_rate': 0.00019, 'epoch': 0.28}
            """
        let history = try read(log)
        #expect(history.train == Series(steps: [380], values: [2.0491]))
        #expect(history.events.map(\.kind) == [.skippedUpdate])
        #expect(history.events.first?.step == 378)
        #expect(history.lossScale == Series(steps: [378], values: [32]))
    }

    @Test func trainerStateWithBareNaN() throws {
        let log = """
            {
              "best_metric": null, "epoch": 2.0, "global_step": 30, "eval_steps": 10,
              "log_history": [
                {"epoch": 0.5, "grad_norm": NaN, "learning_rate": 1e-05, "loss": 0.0, "step": 10},
                {"epoch": 0.5, "eval_b_loss": 9.0, "step": 10},
                {"epoch": 0.5, "eval_a_loss": 8.0, "step": 10},
                {"epoch": 1.0, "eval_b_loss": 7.0, "step": 20},
                {"epoch": 1.0, "grad_norm": 1.0, "learning_rate": 2e-05, "loss": NaN, "step": 20},
                {"epoch": 2.0, "step": 30, "total_flos": 2e17, "train_loss": 0.06, "train_runtime": 16800.4}
              ],
              "max_steps": 30, "num_train_epochs": 2
            }
            """
        let history = try read(log)
        #expect(history.format == "trainer-state")
        #expect(history.train.steps == [10, 20])
        #expect(history.train.nonFiniteCount == 1)
        #expect(history.validation == Series(steps: [10, 20], values: [9, 7]), "the first evaluation set is followed")
        #expect(history.hyperparameters.totalSteps == 30)
        #expect(history.events.map(\.kind) == [.hiddenNonFinite])
    }

    @Test func anArrayOfRecordsOnOneLineIsADocument() throws {
        let history = try read(#"[{"step":1,"loss":3.5},{"step":2,"loss":3.25},{"step":2,"eval_loss":3.3}]"#)
        #expect(history.train == Series(steps: [1, 2], values: [3.5, 3.25]))
        #expect(history.validation == Series(steps: [2], values: [3.3]))
    }

    @Test func jsonLines() throws {
        let log = """
            {"current_steps": 10, "total_steps": 6750, "loss": 2.219, "lr": 1.3e-06, "epoch": 0.004, "elapsed_time": "0:00:32"}
            {"current_steps": 20, "total_steps": 6750, "loss": 2.1, "lr": 2.8e-06, "epoch": 0.008}
            {"current_steps": 20, "total_steps": 6750, "eval_loss": 2.2, "epoch": 0.008}
            {"step": 30, "split": "val", "loss": 2.15}
            {"step": 30, "val": {"loss": 2.15}}
            """
        let history = try read(log)
        #expect(history.format == "json-lines")
        #expect(history.train == Series(steps: [10, 20], values: [2.219, 2.1]))
        #expect(history.validation.steps.first == 20)
        #expect(history.hyperparameters.totalSteps == 6750)
    }
}
