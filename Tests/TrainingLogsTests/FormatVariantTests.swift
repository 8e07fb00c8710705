import Terms
import Testing
import TrainingLogs

/// The forms that trainers of one family print, release by release.
struct FormatVariantTests {
    // MARK: - NeMo

    private func nemo(_ epoch: Int, _ iteration: Int, _ step: Int, _ tail: String = "") -> String {
        "Training epoch \(epoch), iteration \(iteration)/2 | lr: 0.0001 | global_batch_size: 8 | global_step: \(step) | "
            + "reduced_train_loss: \(9 - step) | train_step_timing in s: 0.43\(tail)\n"
    }

    @Test func nemoCountsStepsThroughTheEpochs() throws {
        let log = (0..<6).map { nemo($0 / 3, $0 % 3, $0, $0 > 2 ? " | val_loss: 4.106" : "") }.joined()
        let history = try read(log)
        #expect(history.format == "nemo")
        #expect(history.train == Series(steps: Array(0..<6), values: [9, 8, 7, 6, 5, 4]))
        #expect(history.learningRate.count == 6)
        #expect(history.validation == Series(steps: [3], values: [4.106]), "it stays on the line")
        #expect(history.hyperparameters.totalSteps == nil, "how many epochs are planned is not printed")
        #expect(history.segments.count == 1)
        let one = try read(nemo(0, 0, 0) + nemo(0, 1, 1))
        #expect(one.hyperparameters.totalSteps == 3, "iterations are counted from 0")
        let first = try read(
            "Epoch 0, iteration 5/10: | lr: 0.1 | global_step: 5 | reduced_train_loss: 3.5\n"
                + "Epoch 0, iteration 6/10: | lr: 0.1 | global_step: 6 | reduced_train_loss: 3.25\n"
        )
        #expect(first.train == Series(steps: [5, 6], values: [3.5, 3.25]))
    }

    // MARK: - litgpt

    @Test func litgptOf2023() throws {
        let history = try read(
            "iter 0 step 0: loss 3.9, iter time: 187.97ms\niter 1 step 1: loss 3.8, iter time: 108ms (optimizer.step)\n"
                + "iter 1: val loss 3.7, val time: 3.00ms\niter 2 step 1: loss 3.7, iter time: 108ms\n"
                + "iter 3 step 2: loss 3.6, LR: 0.0003, iter time: 108ms (optimizer.step)\n"
                + "step 3: val loss 3.5, val time: 3.00ms\n"
        )
        #expect(history.format == "litgpt")
        #expect(history.train == Series(steps: [1, 1, 2, 2], values: [3.9, 3.8, 3.7, 3.6]))
        #expect(history.validation == Series(steps: [1, 2], values: [3.7, 3.5]))
        #expect(history.learningRate == Series(steps: [2], values: [0.0003]))
        #expect(history.hyperparameters.accumulation == 2)
        #expect(history.segments.count == 1, "micro-batches of a step are no restarts")
        #expect(history.lossScope == .microBatch)
    }

    @Test(arguments: [
        "iter $0 | step $0: loss $1, iter time: 263.85 ms (optimizer.step)",
        "iter $0 step $0: loss $1, iter time: 2432.98ms (optimizer.step) remaining time: 1.20 hours.  or 0.05 days. ",
        "iter $0/100 step $0/50: loss $1, iter time: 2432.98ms (optimizer.step)",
        "Ep 1 | iter $0 | step $0: loss train (curr): $1, val (prev val iter): None | iter time: 9.00 ms (opt.step)",
        "iter $0 | step $0: loss train $1, val 1.725 | iter time: 131.68 ms (step)",
        "Epoch 1 | iter $0 step $0 | loss train: $1, val: n/a | iter time: 9.10 ms (step) remaining time: 1:02:03",
    ]) func litgptOfEveryYear(form: String) throws {
        let log = (1...4).map { form.replacing("$0", with: "\($0)").replacing("$1", with: "3.\($0)00") + "\n" }.joined()
        let history = try read(log)
        #expect(history.format == "litgpt")
        #expect(history.train == Series(steps: [1, 2, 3, 4], values: [3.1, 3.2, 3.3, 3.4]))
    }

    // MARK: - names

    @Test func aPowerOfTenInANameIsAUnit() throws {
        let verl = try read(
            "Epoch 1/6:   0%|          | 0/62 [00:00<?, ?it/s]step:1 - train/loss:1.06 - train/lr(1e-3):0.00027\n"
                + "step:2 - train/loss:1.00 - train/lr(1e-3):0.0005 - train/time(s):2.81\nstep:2 - val/loss:1.25\n"
        )
        #expect(verl.train == Series(steps: [1, 2], values: [1.06, 1.0]))
        #expect(verl.validation == Series(steps: [2], values: [1.25]))
        #expect(zip(verl.learningRate.values, [2.7e-7, 5e-7]).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
        let lines = try read(
            "{\"step\": 1, \"data\": {\"train/loss\": 3.5, \"lr(e-4)\": 2}}\n{\"step\": 2, \"loss\": 3}\n"
        )
        #expect(lines.learningRate.values.first.map { abs($0 / 2e-4 - 1) < 1e-12 } == true)
        let table = try read("step,train/loss,train/lr(x1e-3)\n1,3.5,0.5\n2,3.25,0.5\n")
        #expect(table.learningRate.values == [5e-4, 5e-4])
    }

    @Test func aStepAndItsTotalInOneString() throws {
        let line = { (step: Int) in
            "{\"loss\": 1.\(step), \"learning_rate\": 1e-05, \"epoch\": 0.0\(step), \"global_step/max_steps\": \"\(step)/547\"}\n"
        }
        let swift = try read(line(5) + line(6))
        #expect(swift.train.steps == [5, 6])
        #expect(swift.hyperparameters.totalSteps == 547)
        let console = try read((line(5) + line(6)).replacing("\"", with: "'"))
        #expect(console.format == "hf-trainer")
        #expect(console.train.steps == [5, 6])
        #expect(console.hyperparameters.totalSteps == 547)
    }

    // MARK: - losses of the language model beside others

    @Test func composerPrintsOneMetricALine() throws {
        let block = { (step: Int, loss: String) in
            """
            0: [batch=\(step)/20]:
            0: \t Train time/batch: \(step - 1)
            0: \t Train loss/train/total: 0.0053
            0: \t Train metrics/train/LanguageCrossEntropy: \(loss)
            0: \t Train metrics/train/LanguagePerplexity: 56817.2148
            0: \t Train l2_norm/grad/global: 1.5000
            0: \t Train lr-DecoupledAdamW/group0: 0.0000

            """
        }
        let evaluation = "[Eval batch=3/3] Eval on eval data:\n\t Eval metrics/eval/LanguageCrossEntropy: 9.5\n"
        let history = try read(block(1, "10.9476") + block(2, "9.9") + evaluation + block(3, "nan"))
        #expect(history.format == "composer")
        #expect(history.train.steps == [1, 2, 3])
        #expect(history.train.values.prefix(2) == [10.9476, 9.9])
        #expect(history.train.values[2].isNaN)
        #expect(history.validation == Series(steps: [2], values: [9.5]))
        #expect(history.gradientNorm.count == 3)
        #expect(history.learningRate.isEmpty, "four decimals are none of a learning rate")
        #expect(history.hyperparameters.totalSteps == 20)
        let tokens = try read(
            (1...3).map {
                "[token=\($0 * 4096)/99999]:\n\t Train time/batch: \($0 - 1)\n\t Train loss/train/total: 8.\($0)\n"
            }.joined()
        )
        #expect(
            tokens.train == Series(steps: [1, 2, 3], values: [8.1, 8.2, 8.3]),
            "without a cross entropy the total"
        )
        let epochs = try read(
            (1...4).map {
                "[epoch=\(($0 + 1) / 2)][batch=\(2 - $0 % 2)/2]:\n\t Train metrics/train/LanguageCrossEntropy: 8.\($0)\n"
            }.joined()
        )
        #expect(epochs.train.steps == [1, 2, 3, 4])
    }

    @Test func theMainLossBeforeTheTotal() throws {
        let maxtext = try read(
            (0..<3).map {
                "completed step: \($0), seconds: 0.6, total_weights: 9, loss: 13.498, lm_loss: 12.27\($0), perplexity: 2.1, "
                    + "moe_lb_loss: 0.000, main_model_loss: 12.0, mtp_loss: 1.227\n"
            }.joined()
        )
        #expect(maxtext.train.values == [12.27, 12.271, 12.272])
        let older = try read(
            (0..<3).map { "completed step: \($0), loss: 13.5, main_model_loss: 12.5, mtp_loss: 1.0\n" }.joined()
        )
        #expect(older.train.values == [12.5, 12.5, 12.5])
        let plain = try read(
            "step 1 | loss 9.5 | ce_loss 9.25 | aux_loss 0.25\nstep 2 | loss 9.25 | ce_loss 9 | aux_loss 1\n"
        )
        #expect(plain.train.values == [9.25, 9])
        let minimind = try read(
            (1...3).map {
                "Epoch:[1/1](\($0)/9), loss: 2.5, logits_loss: 2.25, aux_loss: 0.25, lr: 0.1, epoch_time: 9\n"
            }
            .joined()
        )
        #expect(minimind.train.values == [2.25, 2.25, 2.25])
        let table = try read("step,loss/train/total,metrics/train/LanguageCrossEntropy\n1,9,3.5\n2,9,3.25\n")
        #expect(table.train.values == [3.5, 3.25])
    }

    // MARK: - plans

    @Test(arguments: [
        "Trainer is initialized with local batch size 8, global batch size 64, gradient accumulation steps 2, sequence "
            + "length 2048, total steps 20000 (warmup 500)",
        "Trainer is initialized with local batch size 8, global batch size 64, gradient_accumulation_steps: 2, sequence "
            + "length 2048, total steps 20000 (warmup 500)",
    ]) func torchtitanPrintsItsPlan(plan: String) throws {
        let history = try read(
            "[rank0]:[titan] 2025-08-22 07:52:57,498 - root - INFO - \(plan)\n"
                + "[titan] 2025-08-22 07:52:58,498 - root - INFO - step:  1  loss: 12.0  grad_norm:  1.0  memory: 1GiB\n"
        )
        let parameters = history.hyperparameters
        #expect(parameters.totalSteps == 20000)
        #expect(parameters.batch == 8)
        #expect(parameters.sequence == 2048)
        #expect(parameters.accumulation == 2)
        #expect(parameters.worldSize == 4)
        #expect(parameters.tokensPerStep == 64 * 2048)
        #expect(history.train.count == 1)
    }

    @Test func aBarOfTheDataSetIsNotThePlan() throws {
        let data = "100%|██████████| 9000/9000 [00:01<00:00, 523.1it/s]\n"
        let words = "Map:  45%|████      | 450/1000 [00:01<00:01, 400 examples/s]\r"
        let training = (1...3).map {
            " \($0)0%|█   | \($0)0/100 [00:0\($0)<00:10,  9.1it/s]\n{'loss': 3.\($0), 'epoch': 0.\($0)}\n"
        }.joined()
        for log in [data + training, words + training, data + words + training] {
            let history = try read(log)
            #expect(history.hyperparameters.totalSteps == 100)
            #expect(history.train.steps == [10, 20, 30])
        }
        // An evaluation's bar, also behind the last step, is none either.
        let evaluation = "100%|██████████| 9/9 [00:01<00:00, 9.1it/s]\n"
        let whole = try read(training + evaluation + "100%|███| 100/100 [00:09<00:00,  9.1it/s]\n" + evaluation)
        #expect(whole.hyperparameters.totalSteps == 100)
    }

    // MARK: - progress bars and epochs

    @Test func lightningBarsGiveThePlaceInTheEpoch() throws {
        let bar = { (epoch: Int, position: Int, rest: String) in
            "Epoch \(epoch):  \(position)0%|█   | \(position)/10 [00:02<11:10,  0.42it/s, v_num=12, \(rest)]"
        }
        let log = [
            bar(0, 0, "train_loss=10.9").replacing(", train_loss=10.9", with: ""), bar(0, 1, "train_loss=10.9"),
            bar(0, 2, "train_loss=10.9"), bar(0, 2, "train_loss=10.8"), bar(0, 2, "train_loss=10.8"),
            bar(1, 1, "train_loss=10.5, val_loss=9.75"), bar(1, 2, "train_loss=10.25, val_loss=9.75"),
        ]
        for separator in ["\n", "\r"] {
            let history = try read(log.joined(separator: separator) + "\n")
            #expect(history.train == Series(steps: [1, 2, 2, 11, 12], values: [10.9, 10.9, 10.8, 10.5, 10.25]))
            #expect(history.validation.values == [9.75])
        }
        let nemo = try read(
            "Epoch 0:   0%|  | 999/9000 [9:07:58<878:01:48, 41.36s/it, loss=3.5, v_num=, reduced_train_loss=3.4, global_step=998.0]\n"
                + "Epoch 0:   0%|  | 1000/9000 [9:07:58<878:01:48, 41.36s/it, loss=3.5, v_num=, reduced_train_loss=3.3, global_step=999.0]\n"
                + "Epoch 0:   0%|  | 1001/9000 [9:07:58<878:01:48, 41.36s/it, loss=3.5, v_num=, reduced_train_loss=3.2, global_step=1e+3]\n"
        )
        #expect(nemo.train.steps == [998, 999, 1000], "1e+3 may be any of ten steps")
        let plain = try read(
            "Training:  10%|▉ | 499/5000 [06:28<57:55,  1.30it/s, loss=0.9962, lr=0.0003]\n"
                + "Training:  10%|█ | 500/5000 [06:29<1:22:40,  1.10s/it, loss=0.9, lr=0.0003]\n"
        )
        #expect(plain.train == Series(steps: [499, 500], values: [0.9962, 0.9]))
        #expect(plain.hyperparameters.totalSteps == 5000)
        let keras = try read(
            "Epoch 1/2\n1/4 [=====>....] - ETA: 1s - loss: 9.5\n4/4 [==========] - 1s - loss: 9.0 - val_loss: 8.5\n"
                + "Epoch 2/2\n4/4 [==========] - 1s - loss: 8.0 - val_loss: 7.5\n"
        )
        #expect(keras.train == Series(steps: [1, 4, 8], values: [9.5, 9, 8]))
        #expect(keras.validation == Series(steps: [4, 8], values: [8.5, 7.5]))
        #expect(keras.hyperparameters.totalSteps == 8)
    }

    @Test(arguments: [
        "Epoch: [$0]  [ $1/20]  eta: 0:01:18  lr: 0.000090  loss: $2 (2.5213)  time: 1.3121  max mem: 3485",
        "Epoch: [$0][$1/20]\tTime 0.4 (0.4)\tData 0.1 (0.1)\tLoss $2 (4.6)",
        "Epoch: [$0/7]  [  $1/20]  eta: 0:01:18  loss: $2 (2.5)  lr: 0.1",
        "Train: data epoch: [$0]  [ $1/20]  eta: 1 day, 12:16:51  lr: 0.1  loss: $2  time: 13.0",
    ]) func metricLoggersGiveThePlaceInTheEpoch(form: String) throws {
        let log = (0..<4).map {
            form.replacing("$0", with: "\($0 / 2)").replacing("$1", with: "\($0 % 2 * 10)")
                .replacing("$2", with: "2.\($0)5") + "\n"
                + ($0 == 1
                    ? "Epoch: [0] Total time: 0:02:53 (0.3466 s / it)\nAveraged stats: lr: 0.1  loss: 3.2105\n" : "")
        }.joined()
        let history = try read(log)
        #expect(history.train == Series(steps: [0, 10, 20, 30], values: [2.05, 2.15, 2.25, 2.35]))
    }

    @Test func aStepInFrontOfTheLine() throws {
        let lines = (0..<25).map { "  \($0) | loss 11.\(62 - $0) | lr 1.00e-04 | norm 1.5 | 9 ms\n" }
        let history = try read("step 0: train loss 11.7, val loss 11.75\n" + lines.joined())
        #expect(history.train.steps == Array(0..<25))
        #expect(history.validation == Series(steps: [0], values: [11.75]))
        let evaluations = (0..<4).map { "step \($0 * 10): train loss 11.5, val loss 11.25\n" }
        let mixed = try read((evaluations + lines).joined())
        #expect(mixed.train.count == 25, "evaluations are not what is trained on where that is printed too")
        #expect(mixed.validation.count == 4)
    }

    @Test func partsOfEpochsAreNoSteps() throws {
        let epochs = ["0.0", "0.0", "0.5", "1.0", "1.5", "2.0"]
        let lines = epochs.enumerated().map { "{\"loss\": 3.\($0.offset), \"epoch\": \($0.element)}" }
        let wanted = Series(steps: Array(1...6), values: [3, 3.1, 3.2, 3.3, 3.4, 3.5])
        let jsonLines = try read(lines.joined(separator: "\n") + "\n")
        #expect(jsonLines.train == wanted)
        #expect(jsonLines.notes.contains { $0.hasPrefix("the log prints no steps") })
        #expect(try read("{\"log_history\": [\(lines.joined(separator: ","))]}\n").train == wanted)
        let whole = (1...3).map { "{\"loss\": 3.\($0), \"epoch\": \($0).0}\n" }.joined()
        #expect(try read(whole).train.steps == [1, 2, 3])
    }
}
