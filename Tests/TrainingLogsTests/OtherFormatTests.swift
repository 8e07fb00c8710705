import Terms
import Testing
import TrainingLogs

/// Formats whose steps are numbered by epoch, and those of frameworks.
struct OtherFormatTests {
    @Test func minimindCountsTheEpochsBefore() throws {
        let history = try read(
            "Epoch:[1/2](100/200), loss: 2.4945, logits_loss: 2.4945, aux_loss: 0.0, lr: 0.00001000, epoch_time: 116.0min\n"
                + "Epoch:[2/2](100/200), loss: 2.1, logits_loss: 2.1, aux_loss: 0.0, lr: 0.00000900, epoch_time: 116.0min\n"
        )
        #expect(history.format == "minimind")
        #expect(history.train == Series(steps: [100, 300], values: [2.4945, 2.1]))
        #expect(history.learningRate.values == [1e-5, 9e-6])
        #expect(history.hyperparameters.totalSteps == 400)
    }

    @Test func wordLanguageModel() throws {
        let log = """
            | epoch   1 |   200/ 2983 batches | lr 20.0000 | ms/batch 11.43 | loss  7.74 | ppl  2298.49
            | end of epoch   1 | time: 35.24s | valid loss  5.70 | valid ppl   298.87
            | epoch   2 |   200/ 2983 batches | lr 5.0000 | ms/batch 11.43 | loss  5.74 | ppl  310.49
            """
        let history = try read(log)
        #expect(history.format == "word-language-model")
        #expect(history.train == Series(steps: [200, 3183], values: [7.74, 5.74]))
        #expect(history.validation == Series(steps: [2983], values: [5.70]))
        #expect(history.learningRate.values == [20, 5])
    }

    @Test func fairseqInBothStyles() throws {
        let bars = try read(
            "| epoch 027 | loss 6.343 | nll_loss 4.984 | ppl 31.65 | num_updates 10198 | lr 0.000626286 | gnorm 0.390 | loss_scale 0.500 | wall 2\n"
                + "| epoch 027 | valid on 'valid' subset | valid_loss 8.30118 | valid_nll_loss 7.1 | num_updates 10198 | best 4.46376\n"
                + "| WARNING: overflow detected, setting loss scale to: 0.25\n"
        )
        #expect(bars.format == "fairseq")
        #expect(bars.train == Series(steps: [10198], values: [6.343]))
        #expect(bars.validation == Series(steps: [10198], values: [8.30118]))
        #expect(bars.gradientNorm.values == [0.39])
        #expect(bars.lossScale.values == [0.5, 0.25])
        #expect(bars.bestValidation == 4.46376)
        let pairs = try read(
            "2020-01-01 10:00:00 | INFO | train_inner | epoch 001:    100 / 904 loss=9.1, nll_loss=8.9, ppl=480, wps=9, num_updates=100, lr=1e-05, gnorm=2.5, train_wall=3\n"
        )
        #expect(pairs.train == Series(steps: [100], values: [9.1]))
        #expect(pairs.learningRate.values == [1e-5])
    }

    @Test func mlPerfLoggingTellsLossFromAccuracy() throws {
        let line = { (key: String, value: String, position: String) in
            ":::MLLOG {\"namespace\": \"\", \"key\": \"\(key)\", \"value\": \(value), \"metadata\": {\(position)}}\n"
        }
        let lora = try read(
            line("submission_benchmark", "\"llama2_70b_lora\"", "")
                + line("train_loss", "3.7317", "\"samples_count\": 640")
                + line("eval_accuracy", "0.93", "\"samples_count\": 640")
        )
        #expect(lora.train == Series(steps: [640], values: [3.7317]))
        #expect(lora.validation == Series(steps: [640], values: [0.93]))
        #expect(lora.validationUnit == .nats)
        let bert = try read(
            line("submission_benchmark", "\"bert\"", "") + line("eval_accuracy", "0.38", "\"epoch_num\": 150407")
        )
        #expect(bert.validationUnit == .accuracy)
        #expect(bert.train.isEmpty)
    }

    @Test func lightningTableTakesTheStepwiseLoss() throws {
        let history = try read(
            "epoch,learning_rate,step,train_loss_epoch,train_loss_step,val_loss\r\n0,0.0003,49,,2.91,\r\n0,,99,,2.5,\r\n"
                + "0,,99,,,2.88\r\n0,,99,2.7,,\r\n"
        )
        #expect(history.format == "csv")
        #expect(history.stepBase == 0, "49 and 99 are the fiftieth and hundredth step counted from 0")
        #expect(history.train == Series(steps: [49, 99], values: [2.91, 2.5]))
        #expect(history.validation == Series(steps: [99], values: [2.88]))
        #expect(history.learningRate == Series(steps: [49], values: [0.0003]))
    }

    @Test func tablesOfKerasWandbAndPandas() throws {
        let keras = try read("epoch,accuracy,loss,val_accuracy,val_loss\n0,0.7,1.9,0.79,1.4\n1,0.8,1.3,0.81,1.2\n")
        #expect(keras.train == Series(steps: [0, 1], values: [1.9, 1.3]))
        let export = try read(
            "\"Step\",\"run, one - train/loss\",\"run, one - train/loss__MIN\",\"run, one - train/loss__MAX\",\"two - train/loss\"\n"
                + "\"10\",\"3.5\",\"3.4\",\"3.6\",\"9\"\n\"20\",\"NaN\",\"\",\"\",\"8\"\n"
        )
        #expect(export.train.steps == [10, 20])
        #expect(export.train.values[0] == 3.5)
        #expect(export.train.values[1].isNaN)
        let history = try read("_step,train/loss,train/global_step\n0,1.15,500\n1,0.91,1000\n2,,1080\n")
        #expect(history.train == Series(steps: [500, 1000], values: [1.15, 0.91]))
        let pandas = try read(",loss;x,val_loss\n0,3.5,3.6\n5,3.4,3.5\n".replacing(";x", with: ""))
        #expect(pandas.train.steps == [0, 5])
        let tabs = try read("iter\tloss\n1\t5.5\n2\t5.4\n")
        #expect(tabs.train.values == [5.5, 5.4])
    }

    @Test func twoColumnsWithoutAHeader() throws {
        let history = try read("1 7.604050636291504\n2 6.862398624420166\n3 nan\n4 6.1\n")
        #expect(history.format == "two-columns")
        #expect(history.train.steps == [1, 2, 3, 4])
        #expect(history.train.values[0] == 7.604050636291504)
        #expect(failure(Array("3 0.5\n1 0.25\n2 0.125\n1 4\n".utf8)) != nil, "the steps must rise")
    }

    @Test func linesNobodyListed() throws {
        let forms: [String: [Int]] = [
            "step 0, loss: 10.899, lr: 1e-3\nstep 1, loss: 10.5, lr: 1e-3\n": [0, 1],
            "2026-01-02 10:11:12 INFO step=10 loss=10.899 grad_norm=1\nINFO step=20 loss=10.5 grad_norm=1\n": [10, 20],
            "epoch   1\nloss: 10.899\ntest accuracy: 20.78%, (5/9)\nepoch   2\nloss: 10.5\n": [1, 2],
            "Epoch: [0/400] Loss: 10.899 Acc: 0.05: 100%| 9/9\nEpoch: [1/400] Loss: 10.5 Acc: 0.05: 9%| 1/9\n": [0, 1],
            "Iter(train) [ 10/900]  lr: 1.0e-05  loss: 10.899\nIter(train) [ 20/900]  lr: 1e-05  loss: 10.5\n": [
                10, 20,
            ],
            "step 3 | epoch 0 | loss 10.899 | grad_norm 2.5 | mem 9 GiB\nstep 4 | epoch 0 | loss 10.5 | mem 9 GiB\n": [
                3, 4,
            ],
            "Train Epoch: 1 [640/60000 (1%)]\tLoss: 10.899\nTrain Epoch: 2 [0/60000 (0%)]\tLoss: 10.5\n": [640, 60000],
            "Epoch 1, Step 4/5, Loss: 10.899\nEpoch 2, Step 1/5, Loss: 10.5\n": [4, 6],
        ]
        for (text, steps) in forms {
            let history = try read(text)
            #expect(history.format == "key-value", "\(text)")
            #expect(history.train == Series(steps: steps, values: [10.899, 10.5]), "\(text)")
        }
    }

    @Test func theLossPrintedMostOftenIsFollowed() throws {
        let history = try read(
            "step 1 loss 3.0\nstep 2 loss 2.9\nstep 3 loss 2.8\nepoch 1 done: train_loss 2.9 val loss 3.1\nstep 4 loss 2.7\n"
        )
        #expect(history.train == Series(steps: [1, 2, 3, 4], values: [3.0, 2.9, 2.8, 2.7]))
        #expect(history.validation.values == [3.1])
    }

    @Test func evaluationLinesAreNotTraining() throws {
        let history = try read(
            "step 1 train: loss=3.0\nstep 1 eval: loss=3.5\nstep 2 train: loss=2.9 aux loss: 0.1\nstep 2 | best loss 1.0\n"
        )
        #expect(history.train == Series(steps: [1, 2], values: [3.0, 2.9]))
        #expect(history.validation == Series(steps: [1], values: [3.5]))
    }
}
