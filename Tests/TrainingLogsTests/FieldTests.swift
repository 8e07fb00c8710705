import Terms
import Testing
import TrainingLogs

/// Forms met in logs of other people's runs.
struct FieldTests {
    @Test func megatronForksNameTheirLossDifferently() throws {
        let line = { (step: Int, loss: String) in
            " iteration       \(step)/    1000 | consumed samples: 9 | learning rate: 1.000E-05 | \(loss) | loss scale: 1.0 | "
                + "grad norm: 0.512 | number of skipped iterations:   0 | number of nan iterations:   0 |\n"
        }
        let hyphen = try read(line(1, "lm-loss: 1.250000E+01") + line(2, "lm-loss: 1.125000E+01"))
        #expect(hyphen.train == Series(steps: [1, 2], values: [12.5, 11.25]))
        #expect(hyphen.events.isEmpty, "a loss of another name is not a lost NaN")
        let several = "load_balancing_loss: 1.5E+00 | lm loss: 2.500000E+00 | mtp_1 loss: 3.500000E+00"
        #expect(try read(line(1, several)).train.values == [2.5])
        #expect(try read(line(1, "dpo loss: 6.931472E-01")).train.values == [0.6931472])
    }

    @Test func megatronDeepSpeedValidation() throws {
        let log =
            " iteration 10/ 100 | lm loss: 2.5E+00 | loss scale: 1.0 | number of skipped iterations: 0 |\n"
            + "[default7]:valid loss at iteration 10 | lm loss value: 2.250000E+00 | lm loss PPL: 9.487736E+00 |\n"
        #expect(try read(log).validation == Series(steps: [10], values: [2.25]))
    }

    @Test func goldenValuesFollowTheLossThatWasTrainedOn() throws {
        func metric(_ values: String) -> String { "{\"start_step\": 1, \"step_interval\": 1, \"values\": \(values)}" }
        let trained = metric("{\"1\": 3.5, \"2\": 3.25}")
        let unused = metric("{\"1\": 0.0, \"2\": 0.0}")
        let other = metric("{\"1\": 9.5, \"2\": 9.25}")
        #expect(try read("{\"total loss\": \(trained), \"lm loss\": \(unused)}").train.values == [3.5, 3.25])
        #expect(try read("{\"total loss\": \(other), \"lm loss\": \(trained)}").train.values == [3.5, 3.25])
    }

    @Test func secondsSince1970BeforeEachLine() throws {
        let log = (1...4).map { "177614271\($0).\($0)00 \($0)/20000 train_loss: \($0).5 train_time: 0.0m tok/s: 9\n" }
        let history = try read(log.joined() + "1776142719.500 4/20000 val_loss: 2.25 val_bpb: 1.1\n")
        #expect(history.format == "parameter-golf")
        #expect(history.train == Series(steps: [1, 2, 3, 4], values: [1.5, 2.5, 3.5, 4.5]))
        #expect(history.validation == Series(steps: [4], values: [2.25]))
    }

    /// After the training part these logs print progress of another kind, line by line.
    @Test func manyLinesForTheCatchAllDoNotOutvoteAFormatOfItsOwn() throws {
        let training = (1...5).map { "\($0)00/4500 train_loss: \($0).25 train_time: 1.0m tok/s: 9\n" }.joined()
        let adaptation = (1...200).map { "ttt_progress: batch \($0)/782 batch_loss:2.\($0) running_loss:2.5\n" }
            .joined()
        let history = try read(training + adaptation)
        #expect(history.format == "parameter-golf")
        #expect(history.train.steps == [100, 200, 300, 400, 500])
    }

    @Test func resultsOfAFinishedRunAreNoCurve() {
        let documents = [
            "{\n  \"name\": \"x\",\n  \"val_loss\": 2.07,\n  \"val_bpb\": 1.22,\n  \"step_stop\": 4500\n}\n",
            "{\n    \"epoch\": 3.0,\n    \"train_loss\": 1.39,\n    \"train_runtime\": 70.5\n}\n",
            "{\n \"seeds\": {\n  \"42\": {\"val_loss\": 2.07, \"step\": 9},\n  \"7\": {\"val_loss\": 2.06, \"step\": 9}\n }\n}\n",
            "{\"train/loss\": 0.3, \"_step\": 900, \"_runtime\": 7.5, \"_timestamp\": 1680.5, \"_wandb\": {\"runtime\": 7}}",
            "quantized val_loss:2.7695 val_bpb:1.0722 eval_time:500ms\nfinal val_loss:2.7701\n",
            "val_bpb\tmemory_mb\tnotes\n1.363\t10255\tbaseline\n1.359\t11552\twider\n1.353\t11552\tlonger\n",
            "Model,max_steps,learning_rate,loss\nsmall,60,2e-4,1.01\nlarge,60,2e-4,0.95\nhuge,60,1e-4,0.91\n",
        ]
        for text in documents { #expect(failure(Array(text.utf8)) != nil, "\(text)") }
    }

    @Test func theOutputInANotebookIsRead() throws {
        let lines = (1...4).map { "    \"iter \($0)0: loss 3.\($0), time 9.00ms, mfu 4.00%\\n\",\n" }.joined()
        let cell =
            "{\n \"cells\": [\n  {\n   \"outputs\": [\n    {\n   \"text\": [\n\(lines)\"done\"\n]\n}\n]\n}\n]\n}\n"
        #expect(try read(cell).train == Series(steps: [10, 20, 30, 40], values: [3.1, 3.2, 3.3, 3.4]))
    }

    @Test func aSentenceWithCommasIsNoHeader() {
        let text = "It covers the model, optimizer, loss, dataloader, and so on.\nSee sections 1, 2, 2, 3 and 4.\n"
        #expect(failure(Array(text.utf8)) != nil)
    }

    @Test func aTableWhoseEpochsAreFractionsIsNumbered() throws {
        let history = try read("epoch,loss\n0.25,3.5\n0.5,3.25\n0.75,3.0\n")
        #expect(history.train == Series(steps: [0, 1, 2], values: [3.5, 3.25, 3]))
    }

    @Test func anEvaluationThatIsSaidAgainIsOneEvaluation() throws {
        let log = (1...3).map {
            "Epoch \($0)/3 - Train Loss: \($0).5, Val Loss: \($0).25\n  saved best model (val_loss=\($0).2500)\n"
        }
        let history = try read(log.joined())
        #expect(history.train == Series(steps: [1, 2, 3], values: [1.5, 2.5, 3.5]))
        #expect(history.validation == Series(steps: [1, 2, 3], values: [1.25, 2.25, 3.25]))
    }

    @Test func theWordsOfANameSpeakForItsNumberOnly() throws {
        let accuracy = try read("Epoch 1: val acc 0.5, loss 2.5\nEpoch 2: val acc 0.6, loss 2.25\n")
        #expect(accuracy.train.values == [2.5, 2.25])
        let steps = try read(
            "global step 20, loss: 8.5, lm_loss: 7.5\nvalid step 20, batch: 10, loss: 7.25\nglobal step 30, loss: 8.0\n"
        )
        #expect(steps.train == Series(steps: [20, 30], values: [8.5, 8]))
        #expect(steps.validation == Series(steps: [20], values: [7.25]))
        let test = try read(
            "[Epoch 1 Batch 200/372] current loss 5.5, ppl 244.7\n[Epoch 1] valid loss 5.25, valid ppl 190.6\n"
                + "[Epoch 1] test loss 5.0, test ppl 148.4\n"
        )
        #expect(test.train.values == [5.5])
        #expect(test.validation.values == [5.25])
    }

    @Test func twoTrainingsInOneConsoleLogAreTwoSegments() throws {
        func training(_ losses: [Double], total: Int) -> String {
            let records = losses.enumerated().map {
                "{'loss': \($0.element), 'learning_rate': 1e-05, 'epoch': \(Double($0.offset + 1))}\n"
            }
            return "  0%|          | 0/\(total) [00:00<?, ?it/s]\n" + records.joined()
                + "{'train_runtime': 9.5, 'train_loss': 1.5, 'epoch': 3.0}\n"
                + "100%|██████████| \(total)/\(total) [00:09<00:00, 3.1it/s]\n"
        }
        let history = try read(training([3.5, 3.25, 3], total: 300) + training([2.5, 2.25], total: 100))
        #expect(history.train == Series(steps: [100, 200, 300, 50, 100], values: [3.5, 3.25, 3, 2.5, 2.25]))
        #expect(history.segments.map(\.steps) == [100...300, 50...100])
    }

    @Test func aStepPrintedAsAFloatIsAStep() throws {
        let log = (1...3).map {
            "Epoch 0:  \($0)%|  | \($0)/9 [00:01<00:09, reduced_train_loss=\($0).5, global_step=\($0).00]\n"
        }
        #expect(try read(log.joined()).train == Series(steps: [1, 2, 3], values: [1.5, 2.5, 3.5]))
    }

    @Test func composerPrintsOneMetricALine() throws {
        let step = { (n: Int) in
            """
            [batch=\(n)/100]:
            \t Train time/batch: \(n - 1)
            \t Train loss/train/total: 1\(n).5000
            \t Train metrics/train/LanguageCrossEntropy: 1\(n).5000
            \t Train metrics/train/LanguagePerplexity: 98715.7000

            """
        }
        #expect(try read(step(1) + step(2)).train == Series(steps: [1, 2], values: [11.5, 12.5]))
    }

    @Test func jsonBehindALoggersPrefix() throws {
        let log = """
            2021-03-02 12:10:11 | INFO | train_inner | {"epoch": 1, "update": 0.1, "loss": "12.5", "num_updates": "100", "lr": "1e-05"}
            2021-03-02 12:10:41 | INFO | train_inner | {"epoch": 1, "update": 0.2, "loss": "11.5", "num_updates": "200", "lr": "2e-05"}
            2021-03-02 12:12:41 | INFO | train | {"epoch": 1, "train_loss": "11.25", "train_num_updates": "250", "train_lr": "3e-05"}
            2021-03-02 12:12:51 | INFO | valid | {"epoch": 1, "valid_loss": "9.75", "valid_num_updates": "250"}
            """
        let history = try read(log)
        #expect(history.format == "fairseq")
        #expect(history.train == Series(steps: [100, 200, 250], values: [12.5, 11.5, 11.25]))
        #expect(history.validation == Series(steps: [250], values: [9.75]))
        let plain = try read("INFO:metrics:{\"step\": 1, \"loss\": 2.5}\nINFO:metrics:{\"step\": 2, \"loss\": 2.25}\n")
        #expect(plain.format == "json-lines")
        #expect(plain.train == Series(steps: [1, 2], values: [2.5, 2.25]))
    }

    @Test func mlPerfTracksTheLossAmongOtherStatistics() throws {
        let line = { (key: String, value: String, place: String) in
            ":::MLLOG {\"namespace\": \"\", \"time_ms\": 17, \"event_type\": \"POINT_IN_TIME\", \"key\": \"\(key)\", "
                + "\"value\": \(value), \"metadata\": {\"file\": \"a.py\", \"lineno\": 9, \(place)}}\n"
        }
        let steps = (1...4).map {
            line(
                "tracked_stats",
                "{\"train_step_time\": 19.5, \"reduced_train_loss\": 7.\($0)}",
                "\"step\": \($0 * 448).0"
            )
        }
        let history = try read(
            steps.joined() + line("eval_accuracy", "7.59", "\"samples_count\": 46144")
                + " 0: {'global_steps': 44, 'eval_loss': 4.2, 'eval_mlm_accuracy': 0.36}\n"
        )
        #expect(history.format == "mllog")
        #expect(history.train == Series(steps: [448, 896, 1344, 1792], values: [7.1, 7.2, 7.3, 7.4]))
        #expect(history.validation == Series(steps: [46144], values: [7.59]))
    }

    @Test func nanoGPTWithAUnitBehindTheLoss() throws {
        let history = try read(
            "step 0: train loss 6.25 BPC, val loss 4.25 BPC\niter 0: loss 6.5 BPC, time 9.00ms, mfu -100.00%\n"
                + "iter 10: loss 4.75 BPC, time 9.00ms, mfu 7.31%\n"
        )
        #expect(history.format == "nanogpt")
        #expect(history.train == Series(steps: [0, 10], values: [6.5, 4.75]))
        #expect(history.validation == Series(steps: [0], values: [4.25]))
    }

    @Test func nanochatFineTuningByItselfAndBehindPretraining() throws {
        let tuning = """
            Step 00000 | Validation loss: 1.250000
            Step 00000/00682 | Training loss: 0.750000| lrm: 1.000000| num_tokens: 8,804
            Step 00001/00682 | Training loss: 0.500000| lrm: 0.998534| num_tokens: 9,275
            """
        let alone = try read(tuning)
        #expect(alone.format == "nanochat")
        #expect(alone.lossScope == .microBatch)
        #expect(alone.rawTrain == nil)
        #expect(alone.train == Series(steps: [0, 1], values: [0.75, 0.5]))
        #expect(alone.validation == Series(steps: [0], values: [1.25]))
        #expect(alone.validationUnit == .nats)
        let base = (0..<3).map { "step 0000\($0)/00900 (1.00%) | loss: 9.\($0)00000 | lrm: 1.00 | dt: 1.00ms\n" }
        let both = try read("step 00000 | Validation bpb: 3.2500\n" + base.joined() + tuning)
        #expect(both.train.steps == [0, 1, 2])
        #expect(both.validation.values == [3.25])
        #expect(both.validationUnit == .bitsPerByte)
        #expect(
            both.notes.count == 1 && both.notes[0].hasPrefix("a fine-tuning part was left out (2 training records)")
        )
    }

    @Test func aMovingAverageIsUndoneInEachRunOfALog() throws {
        func line(_ step: Int, _ loss: Double) -> String {
            "step \(step)/00900 (1.00%) | loss: \(loss) | lrm: 1.00 | dt: 1.00ms\n"
        }
        let base = (0..<40).map { line($0, 8.0) }.joined()
        let middle = (1..<20).map { line($0, 2.0) }.joined()
        let raw = try #require(try read(base + middle).rawTrain)
        #expect(raw.values.allSatisfy { $0 > 1.99 && $0 < 8.01 }, "no jump where the second run ends inside the first")
        #expect(raw.value(atStep: 20).map { abs($0 - 8) < 1e-9 } == true)
    }
}
