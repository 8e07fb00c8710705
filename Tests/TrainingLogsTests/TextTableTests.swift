import Foundation
import Testing
import TrainingLogs

/// Tables in model cards and notebooks.
struct TextTableTests {
    @Test func theTrainingResultsOfAModelCard() throws {
        let card = """
            ### Training results

            | Training Loss | Epoch | Step  | Validation Loss |
            |:-------------:|:-----:|:-----:|:---------------:|
            | No log        | 0.5   | 500   | 3.9             |
            | 3.75          | 1.0   | 1,000 | 3.65            |
            | **3.5**       | 2.0   | 2,000 | 3.5             |

            ### Framework versions
            """
        let history = try read(card)
        #expect(history.format == "text-table")
        #expect(history.train == Series(steps: [1000, 2000], values: [3.75, 3.5]))
        #expect(history.validation == Series(steps: [500, 1000, 2000], values: [3.9, 3.65, 3.5]))
    }

    @Test func aTableOfModelsIsNotACurve() {
        let table =
            "| Model | Steps | Loss |\n|---|---|---|\n| a | 1000 | 2.5 |\n| b | 1000 | 2.25 |\n| c | 500 | 2.75 |\n"
        #expect(failure(Array(table.utf8)) != nil)
    }

    /// A notebook with one cell: source that looks like records, and its output.
    private static func notebook(output: String, isPretty: Bool) throws -> [UInt8] {
        let cell: [String: Any] = [
            "cell_type": "code", "source": ["print(\"step 1 loss 9.9\")\n"],
            "outputs": [
                ["output_type": "stream", "name": "stdout", "text": ["loading\u{1B}[32m …\n"]],
                [
                    "output_type": "display_data",
                    "data": ["text/html": output.split(separator: "\n").map { $0 + "\n" }],
                ],
            ],
        ]
        let document: [String: Any] = ["nbformat": 4, "metadata": ["accelerator": "GPU"], "cells": [cell]]
        let options: JSONSerialization.WritingOptions = isPretty ? [.prettyPrinted, .sortedKeys] : [.sortedKeys]
        return Array(try JSONSerialization.data(withJSONObject: document, options: options))
    }

    @Test(arguments: [true, false]) func theTableThatATrainerShowsInANotebook(isPretty: Bool) throws {
        let rows = [(10, 2.5, 2.25), (20, 2.0, 1.75), (30, 1.5, 1.25)].map { step, train, validation in
            "    <tr>\n      <td>\(step)</td>\n      <td>\(train)</td>\n      <td>\(validation)</td>\n    </tr>\n"
        }
        let table =
            "<table border=\"1\" class=\"dataframe\">\n<thead>\n<tr style=\"text-align: left;\">\n<th>Step</th>\n<th>Training Loss</th>\n"
            + "<th>Validation Loss</th>\n</tr>\n</thead>\n<tbody>\n" + rows.joined() + "</tbody>\n</table><p>\n"
        let notebook = try Self.notebook(output: table, isPretty: isPretty)
        let history = try LogReader.parse(bytes: notebook, name: "a.ipynb")
        #expect(history.format == "text-table")
        #expect(history.train == Series(steps: [10, 20, 30], values: [2.5, 2, 1.5]))
        #expect(history.validation == Series(steps: [10, 20, 30], values: [2.25, 1.75, 1.25]))
    }

    @Test func rewardsAreNoLanguageModelLoss() throws {
        let table =
            "<table>\n<tr><th>Step</th><th>Training Loss</th><th>reward</th></tr>\n"
            + "<tr><td>10</td><td>0.0</td><td>1.5</td></tr>\n<tr><td>20</td><td>0.001</td><td>1.75</td></tr>\n</table>\n"
        #expect(failure(Array(table.utf8)) != nil)
    }

    @Test func linesOfANotebookKeepTheirNumbers() throws {
        let notebook = """
            {
             "cells": [
              {
               "cell_type": "code",
               "outputs": [
                {
                 "name": "stdout",
                 "text": [
                  "step 1, loss: 4.5\\n",
                  "step 2, loss: 4.25\\r\\nstep 3, loss: 4.0\\n",
                  "RuntimeError: CUDA error\\n"
                 ]
                }
               ],
               "source": [
                "loss: 1.0"
               ]
              }
             ],
             "nbformat": 4
            }
            """
        let history = try read(notebook)
        #expect(history.train == Series(steps: [1, 2, 3], values: [4.5, 4.25, 4]))
        #expect(history.events.map(\.line) == [11])
    }

    @Test func aBrokenNotebookIsReadAsFarAsItGoes() throws {
        let whole = try Self.notebook(output: "step 1, loss: 4.5\nstep 2, loss: 4.25\n", isPretty: false)
        let train = Series(steps: [1, 2], values: [4.5, 4.25])
        #expect(try LogReader.parse(bytes: whole, name: "whole.ipynb").train == train)
        var read = 0
        for end in stride(from: 40, to: whole.count, by: 7) {
            let cut = try? LogReader.parse(bytes: Array(whole[..<end]), name: "cut.ipynb").train
            guard let cut else { continue }
            read += 1
            #expect(train.steps.starts(with: cut.steps) && train.values.starts(with: cut.values), "cut at \(end)")
        }
        #expect(read > 0, "a cut behind the output leaves it whole")
        var random = SeededGenerator(state: 5)
        var untouched = 0
        for _ in 0..<200 {
            var bytes = whole
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let noisy = try? LogReader.parse(bytes: bytes, name: "noise.ipynb").train
            #expect(noisy.map { $0.count <= 2 } ?? true, "no record comes from nothing")
            if noisy == train { untouched += 1 }
        }
        #expect(untouched > 0, "damage beside the output does no harm")
    }
}
