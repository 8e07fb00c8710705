import Testing
import TrainingLogs

/// Trainers beside the great ones: ESPnet, Levanter, DLLogger, MetricLogger, Marian, CLU, Keras, TensorFlow. All lines composed here.
struct MoreTrainersTests {
    @Test func espnetCountsTheBatchesOfTheEpochsBefore() throws {
        let log = """
            [pc] 2026-01-02 03:04:05,678 (trainer:486) INFO: 1epoch:train:1-400batch: iter_time=0.001, loss_ctc=9.9, loss=7.5, grad_norm=2.5, optim0_lr0=1.000e-04, train_time=0.013
            [pc] 2026-01-02 03:04:06,678 (trainer:486) INFO: 1epoch:train:401-800batch: iter_time=0.001, loss_ctc=9.9, loss=6.5, optim0_lr0=2.000e-04, train_time=0.013
            [pc] 2026-01-02 03:04:07,678 (trainer:243) INFO: 1epoch results: [train] iter_time=0.001, loss=7.0, time=1 minute, total_count=800, [valid] loss=6.25, time=3 seconds, total_count=240
            [pc] 2026-01-02 03:04:08,678 (trainer:486) INFO: 2epoch:train:1-400batch: iter_time=0.001, loss_ctc=9.9, loss=nan, lr_0=0.100, train_time=0.013
            """
        let history = try read(log)
        #expect(history.format == "espnet")
        #expect(history.train.matches(Series(steps: [400, 800, 1200], values: [7.5, 6.5, .nan])))
        #expect(history.validation == Series(steps: [800], values: [6.25]))
        #expect(history.learningRate.values == [1e-4, 2e-4, 0.1])
        #expect(history.gradientNorm == Series(steps: [400], values: [2.5]))
    }

    @Test func funasrPrintsTheNumberOfUpdates() throws {
        let line = { (last: Int, loss: String) in
            "INFO: 2epoch:train:\(last - 49)-\(last)batch:\(last + 700)num_updates: iter_time=0.008, loss_att=0.186, loss=\(loss), lr_0=7e-06\n"
        }
        let history = try read(line(50, "0.9") + line(100, "0.8"))
        #expect(history.format == "espnet")
        #expect(history.train == Series(steps: [750, 800], values: [0.9, 0.8]))
    }

    @Test func levanterNumbersRecordsWithinARoundedCount() throws {
        let line = { (count: String, loss: String) in
            "2026-01-02T03:04:01 - 0 - levanter.tracker - progress - INFO :: Progress on:train \(count)/20.0kit rate:2.1s/it remaining:29:00 elapsed:01:00 postfix:loss=\(loss)\n"
        }
        let log =
            line("998it", "4.1") + line("999it", "4.0") + line("1.00kit", "3.9") + line("1.00kit", "3.8")
            + "INFO :: Progress on:eval 3.00it/10.0it rate:2.1it/s postfix:loss=9.9\n"
            + "INFO levanter.eval :: validation loss: 3.700\n" + line("1.01kit", "3.6")
        let history = try read(log)
        #expect(history.format == "levanter")
        #expect(history.train == Series(steps: [998, 999, 1000, 1001, 1010], values: [4.1, 4, 3.9, 3.8, 3.6]))
        #expect(history.validation == Series(steps: [1001], values: [3.7]))
        #expect(history.hyperparameters.totalSteps == 20_000)
    }

    @Test func dlloggerInBothForms() throws {
        let line = { (step: String, data: String) in
            #"DLLL {"timestamp": "1.5", "datetime": "2026-01-02 03:04:05.6", "elapsedtime": "2.0", "type": "LOG", "step": \#(step), "data": \#(data)}"#
                + "\n"
        }
        let file = try read(
            line(#""PARAMETER""#, #"{"learning_rate": 0.5}"#)
                + line("[0, 10]", #"{"step_loss": 9.5, "learning_rate": 0.25}"#)
                + line("[0, 20]", #"{"step_loss": 8.5}"#) + line("[0]", #"{"val_loss": 8.25}"#)
                + line("[1, 10]", #"{"step_loss": 7.5}"#) + line("[]", #"{"train_loss": 8.0}"#)
        )
        #expect(file.format == "dllogger")
        #expect(file.train == Series(steps: [10, 20, 30], values: [9.5, 8.5, 7.5]))
        #expect(file.validation == Series(steps: [20], values: [8.25]))
        #expect(file.learningRate == Series(steps: [10], values: [0.25]))
        let console = try read(
            """
            DLL 2026-01-02 03:04:05.678901 - Training Epoch: 1 Training Iteration: 50  step_loss : 2.5  learning_rate : 8.5e-06
            DLL 2026-01-02 03:04:06.678901 - Training Epoch: 1 Training Iteration: 100  step_loss : 2.25  learning_rate : 8.0e-06
            DLL 2026-01-02 03:04:07.678901 - Training Epoch: 1 Training Iteration: 150  step_loss : 2.0  learning_rate : 7.5e-06
            """
        )
        #expect(console.format == "dllogger")
        #expect(console.train == Series(steps: [50, 100, 150], values: [2.5, 2.25, 2]))
        #expect(console.learningRate.values == [8.5e-6, 8e-6, 7.5e-6])
    }

    @Test(arguments: [
        "loss: 2.5 (2.75)", "loss_ita: 5.0 (5.0)  loss_lm: 2.5 (2.75)", "closs: 2.5 (2.75)  mloss: 0.0 (0.0)",
    ])
    func metricLoggerWithTheNameOfItsTrainer(loss: String) throws {
        let line = { (place: String) in
            "[03:04:05.678] Epoch: \(place)  eta: 0:10:00  lr: 0.000030  \(loss)  grad_norm: 1.5 (1.25)  time: 4.5  max mem: 51710\n"
        }
        let history = try read(line("[0]  [  0/100]") + line("[0]  [ 50/100]") + line("[1]  [  0/100]"))
        #expect(history.format == "metric-logger")
        #expect(history.train == Series(steps: [0, 50, 100], values: [2.5, 2.5, 2.5]))
        #expect(history.learningRate.values == [3e-5, 3e-5, 3e-5])
        #expect(history.gradientNorm.values == [1.5, 1.5, 1.5])
    }

    @Test func marian() throws {
        let log = """
            [2026-01-02 03:04:05] Ep. 1 : Up. 500 : Sen. 32,000 : Cost 6.50 * 9,000 after 1,200,000 : Time 72.80s : 4419.09 words/s : gNorm 1.5 : L.r. 1.5000e-05
            [2026-01-02 03:05:05] Ep. 1 : Up. 1,000 : Sen. 64,000 : Cost 5.50 : Time 72.80s : 4419.09 words/s
            [2026-01-02 03:05:06] [valid] Ep. 1 : Up. 1,000 : cross-entropy : 150.25 : new best
            [2026-01-02 03:06:05] Ep. 1 : Up. 1,500 : Sen. 96,000 : Cost 4.50 : Time 72.80s : 4419.09 words/s
            """
        let history = try read(log)
        #expect(history.format == "marian")
        #expect(history.train == Series(steps: [500, 1000, 1500], values: [6.5, 5.5, 4.5]))
        #expect(history.validation == Series(steps: [1000], values: [150.25]))
        #expect(history.learningRate == Series(steps: [500], values: [1.5e-5]))
        #expect(history.gradientNorm == Series(steps: [500], values: [1.5]))
    }

    @Test func jaxTrainersWriteThroughCLU() throws {
        let log = """
            I0102 03:04:05.000000 140 logging_writer.py:48] [100] accuracy=0.1, learning_rate=0.001, loss=9.5
            I0102 03:04:05.000000 140 logging_writer.py:48] [200] accuracy=0.2, learning_rate=0.002, loss=8.5
            I0102 03:04:05.000000 140 logging_writer.py:48] [200] eval_accuracy=0.2, eval_loss=8.25
            I0102 03:04:05.000000 140 logging_writer.py:48] [300] cross_ent_loss=70000.0, cross_ent_loss_per_all_target_tokens=7.5, learning_rate=0.003, loss=70001.0
            """
        let history = try read(log)
        #expect(history.format == "clu")
        #expect(history.train == Series(steps: [100, 200, 300], values: [9.5, 8.5, 7.5]))
        #expect(history.validation == Series(steps: [200], values: [8.25]))
        #expect(history.learningRate.values == [0.001, 0.002, 0.003])
    }

    @Test func kerasHasOneRecordAnEpoch() throws {
        let log = """
            Epoch 1/3
              1/100 [..............................] - ETA: 1:02 - loss: 9.5000 - accuracy: 0.0100
             50/100 [==============>...............] - ETA: 5s - loss: 8.5000 - accuracy: 0.0100
            100/100 [==============================] - 10s 95ms/step - loss: 7.5000 - accuracy: 0.0200 - val_loss: 6.5000 - val_accuracy: 0.1000
            Epoch 2/3
            100/100 - 10s - loss: 6.0000 - val_loss: 5.7500 - lr: 0.0010
            Epoch 3/3
             50/100 [==============>...............] - ETA: 5s - loss: 5.5000\u{8}\u{8}\u{8}100/100 [==============================] - 10s 95ms/step - loss: nan - val_loss: nan
            """
        let history = try read(log)
        #expect(history.format == "keras")
        #expect(history.train.matches(Series(steps: [1, 2, 3], values: [7.5, 6, .nan])))
        #expect(history.validation.matches(Series(steps: [1, 2, 3], values: [6.5, 5.75, .nan])))
        #expect(history.learningRate == Series(steps: [2], values: [0.001]))
        #expect(history.hyperparameters.totalSteps == 3)
        #expect(history.unread == nil)
    }

    @Test func tensorflowPrintsARecordTwiceAndAnEvaluationOnce() throws {
        let log = """
            INFO:tensorflow:loss = 9.5, step = 0
            I0102 03:04:05.000000 139 basic_session_run_hooks.py:262] loss = 9.5, step = 0
            INFO:tensorflow:loss = 8.5, step = 100 (47.2 sec)
            INFO:tensorflow:Step 200 per-step time 0.831s loss=7.5
            INFO:tensorflow:Saving dict for global step 200: accuracy = 0.5, global_step = 200, loss = 7.25
            """
        let history = try read(log)
        #expect(history.format == "tensorflow")
        #expect(history.train == Series(steps: [0, 100, 200], values: [9.5, 8.5, 7.5]))
        #expect(history.validation == Series(steps: [200], values: [7.25]))
    }

    @Test func valuesWithTheirTypeOrUnit() throws {
        let tensors = try read(
            """
            epoch=0: train_ppl=tensor(12.5, device='cuda:0') train_epoch_loss=tensor(2.5, device='cuda:0') eval_epoch_loss=tensor(2.25, device='cuda:0')
            epoch=1: train_ppl=tensor(9.5, device='cuda:0') train_epoch_loss=tensor(2.25, device='cuda:0') eval_epoch_loss=tensor(2.125, device='cuda:0')
            """
        )
        #expect(tensors.train == Series(steps: [0, 1], values: [2.5, 2.25]))
        #expect(tensors.validation == Series(steps: [0, 1], values: [2.25, 2.125]))
        let units = try read("step 1,000 took 0.81s loss=4.5\nstep 11,000 took 0.81s loss=4.25\n")
        #expect(units.train == Series(steps: [1000, 11_000], values: [4.5, 4.25]))
        #expect(try read("step0, loss: 7.5\nstep1, loss: 6.5\n").train == Series(steps: [0, 1], values: [7.5, 6.5]))
        #expect(try read("step: 100, loss is 7.5\nstep: 200, loss is 6.5\n").train.values == [7.5, 6.5])
    }
}
