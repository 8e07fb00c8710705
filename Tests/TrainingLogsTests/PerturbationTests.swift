import Testing
import TrainingLogs

/// What happens to a log between the trainer and the file must not change what is read.
struct PerturbationTests {
    struct Log: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var lines: [String]
    }

    /// A short log of each line format whose records stand on one line.
    static let logs: [Log] = {
        func log(_ name: String, _ line: (Int) -> String) -> Log {
            Log(testDescription: name, lines: (1...12).map(line))
        }
        return [
            log("llm.c") { "step    \($0)/12 | loss 3.\($0)00000 (+nanz)| norm 1.5000 (+nanz)| lr 1.00e-04 | 9.00 ms" },
            log("llm.c-main-log") { "s:\($0) trl:3.\($0) lr:0.0001 norm:1.50" },
            log("build-nanogpt") {
                "step    \($0) | loss: 3.\($0) | lr 1.0000e-04 | norm: 1.5000 | dt: 9.00ms | tok/sec: 9.0"
            },
            log("build-nanogpt-log") { "\($0) train 3.\($0)" },
            log("nanogpt") { "iter \($0): loss 3.\($0), time 9.00ms, mfu 4.00%" },
            log("nanochat") { "step 000\($0)/00012 (1.00%) | loss: 3.\($0) | lrm: 1.00 | dt: 1.00ms | tok/sec: 9" },
            log("modded-nanogpt") { "step:\($0)/12 train_loss:3.\($0) train_time:9ms step_avg:9.00ms" },
            log("parameter-golf") { "\($0)/12 train_loss: 3.\($0) train_time: 0.0m tok/s: 9" },
            log("hf-trainer") {
                "{'loss': 3.\($0), 'grad_norm': 1.5, 'learning_rate': 1e-04, 'epoch': 0.\($0), 'step': \($0)}"
            },
            log("json-lines") { "{\"step\": \($0), \"loss\": 3.\($0), \"lr\": 0.0001}" },
            log("megatron") {
                " iteration \($0)/ 12 | learning rate: 1.0E-04 | lm loss: 3.\($0)E+00 | loss scale: 1.0 | grad norm: 1.5 |"
            },
            log("torchtitan") {
                "step: \($0)  loss:  3.\($0)  grad_norm:  1.5000  memory:  9.46GiB(64.99%)  tps: 7,282"
            },
            log("minimind") { "Epoch:[1/1](\($0)/12), loss: 3.\($0), lr: 0.0001, epoch_time: 9.0min" },
            log("word-language-model") {
                "| epoch   1 |   \($0)/   12 batches | lr 20.0000 | ms/batch 9.00 | loss  3.\($0) | ppl    30.00"
            },
            log("nanotron") {
                "iteration: \($0) / 12 | consumed_tokens: 634K | lm_loss: 3.\($0) | lr: 0.0001 | grad_norm: 1.5"
            },
            log("mlx-lm") { "Iter \($0): Train loss 3.\($0), Learning Rate 1.000e-04, It/sec 1.0, Tokens/sec 9.0" },
            log("maxtext") {
                "completed step: \($0), seconds: 0.631, TFLOP/s/device: 5.2, total_weights: 157, loss: 3.\($0)"
            },
            log("key-value") { "[train] update \($0) of many, loss=3.\($0)" },
        ]
    }()

    static let expected: [Double] = (1...12).map { Double("3.\($0)") ?? .nan }

    private func check(_ log: Log, _ text: String, _ what: String) throws {
        let history = try read(text)
        #expect(history.format == log.testDescription, "\(what)")
        #expect(history.train.steps == Array(1...12), "\(what)")
        #expect(history.train.values == Self.expected, "\(what)")
    }

    @Test(arguments: logs) func linesWithoutNoise(log: Log) throws {
        try check(log, log.lines.joined(separator: "\n") + "\n", "plain")
    }

    @Test(arguments: logs) func prefixesOfLaunchersLoggersAndRuntimes(log: Log) throws {
        let prefixes = [
            "[rank0]: ", "[rank0]:", "[default7]:", "0: ", "[1,0]<stdout>:", "(RayTrainWorker pid=1234) ",
            "(TrainWorker pid=77, ip=10.0.0.3) ", "trainer-1  | ", "[2026-01-02 03:04:05,678] ",
            "2026-01-02 03:04:05,678 - INFO - ", "2026-01-02 03:04:05 | INFO | __main__ | ",
            "2026-01-02T03:04:05.123456789Z ", "2026-01-02T03:04:05.123456789Z stdout F ",
            "2026-01-02T03:04:05+01:00 ", "1776142719.400 ", "INFO:root:", "INFO - ",
            "[rank0]:[titan] 2026-01-02 03:04:05,678 - root - INFO - ", "\u{1B}[36m[2026-01-02 03:04:05]\u{1B}[0m ",
        ]
        for prefix in prefixes {
            try check(log, log.lines.map { prefix + $0 }.joined(separator: "\n"), prefix)
        }
    }

    @Test(arguments: logs) func barsColoursAndLineEnds(log: Log) throws {
        let bar = " 50%|█████     | 6/12 [00:01<00:01,  4.47s/it]"
        try check(log, log.lines.map { bar + "\r" + $0 }.joined(separator: "\n"), "bar before")
        try check(log, log.lines.map { $0 + "\r" + bar }.joined(separator: "\n"), "bar behind")
        try check(log, log.lines.map { "\u{1B}[2K\u{1B}[1;32m\($0)\u{1B}[0m" }.joined(separator: "\n"), "colour")
        try check(log, log.lines.map { "\u{1B}]0;title\u{7}\($0)" }.joined(separator: "\n"), "title")
        try check(log, log.lines.joined(separator: "\r\n") + "\r\n", "CRLF")
        try check(log, "\u{FEFF}" + log.lines.joined(separator: "\n\n\n"), "mark and blank lines")
        try check(log, log.lines.map { "   \($0)   " }.joined(separator: "\n"), "spaces")
    }

    @Test(arguments: logs) func warningsBetweenTheLines(log: Log) throws {
        let noise = [
            "/usr/lib/python3.10/site-packages/torch/x.py:460: UserWarning: the default will change in 2.5, see notes",
            "wandb: Syncing run step-loss-17", "[W1002 03:04:05.6 ProcessGroup.cpp:9] Warning: 3 ranks, loss of time",
            "Loading checkpoint shards: 100%|██████████| 2/2 [00:03<00:00,  1.55s/it]",
            "NCCL INFO Channel 00/08 : 0 1 2 3",
        ]
        let text = log.lines.enumerated().map { noise[$0.offset % noise.count] + "\n" + $0.element }
        try check(log, text.joined(separator: "\n"), "warnings")
    }

    @Test(arguments: logs) func theFileIsStillBeingWritten(log: Log) throws {
        let next = log.lines[11].replacing("12", with: "13")
        let cut = String(next.prefix(next.count / 3))
        let history = try readAsItStands(log.lines.joined(separator: "\n") + "\n" + cut)
        #expect(history.train.steps.starts(with: 1...12))
        // What is cut behind the loss is a record; what is cut within it is none.
        #expect(history.train.count == 12 || history.train.values.dropFirst(12).elementsEqual([3.13]), "\(cut)")
    }

    @Test(arguments: [40, 80, 100]) func linesBrokenAtAFixedWidth(width: Int) throws {
        func broken(_ line: String) -> [String] {
            var rest = Substring(line)
            var parts: [String] = []
            repeat {
                parts.append(String(rest.prefix(width)))
                rest = rest.dropFirst(width)
            } while !rest.isEmpty
            return parts
        }
        let megatron = (1...30).map {
            " iteration \($0)/ 1000 | consumed samples: \($0 * 4) | elapsed time per iteration (ms): 3171.3 | learning rate: "
                + "1.000E-05 | global batch size:     4 | lm loss: 3.\($0)E+00 | loss scale: 1.0 | grad norm: 0.312 | number "
                + "of skipped iterations:   0 | number of nan iterations:   0 |"
        }
        let history = try read(megatron.flatMap(broken).joined(separator: "\n") + "\n")
        #expect(history.format == "megatron")
        #expect(history.train.steps == Array(1...30))
        #expect(history.train.values == (1...30).map { Double("3.\($0)") ?? .nan })
        #expect(history.gradientNorm.count == 30)
        let dictionaries = (1...30).map {
            "{'loss': 3.\($0), 'grad_norm': 1.2345678901234567, 'learning_rate': 4.123456789012345e-05, 'num_tokens': "
                + "123456.0, 'mean_token_accuracy': 0.5123456789, 'epoch': 0.\($0)}"
        }
        let console = try read(dictionaries.flatMap(broken).joined(separator: "\n") + "\n")
        #expect(console.format == "hf-trainer")
        #expect(console.train.values == (1...30).map { Double("3.\($0)") ?? .nan })
    }

    /// Records of one length are not broken records.
    @Test func linesOfOneLengthAreLeftAlone() throws {
        let lines = (10...60).map {
            "step \($0)/60 | train loss 3.\($0) | norm 1.5000 | lr 1.00e-04 | (9.00 ms | 9 tok/s)"
        }
        #expect(try read(lines.joined(separator: "\n")).train.steps == Array(10...60))
    }

    @Test(arguments: logs) func severalRanksIntoOneFile(log: Log) throws {
        let both = log.lines.flatMap { ["[rank0]: " + $0, "[rank1]: " + $0] }
        let history = try read(both.joined(separator: "\n"))
        #expect(history.format == log.testDescription)
        #expect(history.train.merged().values == Self.expected)
        #expect(history.segments.count == 1, "ranks are not restarts")
    }
}
