import Foundation
import Terms

/// Reads the data loader's part of llm.c's `state_<step>_<rank>.bin`, which stands at the end of the file.
///
/// Source: llm.c `train_gpt2.cu` `save_state`; reference `checkpoints.md` 3.
enum LlmcStateFile {
    private static let magic = 20_240_527
    /// Seed, count of draws left, place of the next, 624 words, two constants.
    private static let generatorBytes = 8 + 4 + 4 + 624 * 4 + 8

    /// Reads the states of a folder (the newest step with a file of each rank), or of the step that a file belongs to.
    static func read(
        _ path: String,
        shards: [ShardLayout],
        geometry: BatchGeometry,
        files: any LoaderFiles
    ) throws(DataOrderError) -> [LlmcState] {
        guard let isFolder = files.isFolder(path) else {
            throw .missing(key: "order.state", reason: "\(path) does not exist")
        }
        let folder = isFolder ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
        var steps: [String: Int] = [:]
        for name in files.names(inFolder: folder) {
            guard let match = name.wholeMatch(of: #/state_(\d+)_(\d+)\.bin/#) else { continue }
            steps[String(match.1), default: 0] += 1
        }
        let asked = URL(fileURLWithPath: path).lastPathComponent.wholeMatch(of: #/state_(\d+)_\d+\.bin/#)
        let complete = steps.filter { $0.value >= geometry.worldSize }.keys.sorted()
        guard let step = asked.map({ String($0.1) }) ?? complete.last else {
            throw .missing(
                key: "order.state",
                reason: "\(path) holds no state_<step>_<rank>.bin of each of the \(geometry.worldSize) ranks"
            )
        }
        var states: [LlmcState] = []
        for rank in 0..<geometry.worldSize {
            let digits = String(rank)
            let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
            let name = folder + "/state_\(step)_\(padded).bin"
            states.append(try state(name, shards: shards, geometry: geometry, files: files))
        }
        return states
    }

    private static func state(
        _ path: String,
        shards: [ShardLayout],
        geometry: BatchGeometry,
        files: any LoaderFiles
    ) throws(DataOrderError) -> LlmcState {
        func wrong(_ found: String) -> DataOrderError {
            .invalid(
                key: "order.state",
                found: "\(path): \(found)",
                expected: "a state file of this run and these shards"
            )
        }
        do {
            let file = try files.open(path)
            let head = try file.bytes(0..<1024)
            guard head.int32(at: 0) == magic, head.int32(at: 4) == 1 else { throw wrong("no llm.c state file") }
            guard head.int32(at: 8) == geometry.worldSize else { throw wrong("\(head.int32(at: 8)) processes") }
            guard head.int32(at: 20) == 1 else { throw wrong("a loader that does not shuffle") }
            let (place, sample) = (head.int64(at: 120), head.int64(at: 128))
            // Moments of a size we do not know come first; the loader's part is found from the end.
            for samples in Set(shards.map { ($0.tokens - 1) / max(1, geometry.tokensPerMicroStep) }).sorted() {
                let length = 8 + 4 * shards.count + 8 + 4 * samples + generatorBytes
                guard samples >= 0, file.size >= 1024 + length else { continue }
                let tail = try file.bytes(file.size - length..<file.size)
                let samplesAt = 8 + 4 * shards.count
                guard tail.int64(at: 0) == shards.count, tail.int64(at: samplesAt) == samples else { continue }
                let generator = samplesAt + 8 + 4 * samples
                let left = tail.int32(at: generator + 8)
                return LlmcState(
                    rank: head.int32(at: 12),
                    update: head.int32(at: 40),
                    shardOrder: (0..<shards.count).map { Int32(truncatingIfNeeded: tail.int32(at: 8 + 4 * $0)) },
                    shardPlace: place,
                    samples: (0..<samples).map { Int32(truncatingIfNeeded: tail.int32(at: samplesAt + 8 + 4 * $0)) },
                    samplePlace: sample,
                    words: (0..<624).map { UInt32(truncatingIfNeeded: tail.int32(at: generator + 16 + 4 * $0)) },
                    // The original counts the draws left, and draws anew at one.
                    index: 625 - left
                )
            }
            throw wrong("no permutation of \(shards.count) shards at its end")
        } catch let error as DataOrderError {
            throw error
        } catch {
            throw .missing(key: "order.state", reason: "\(error)")
        }
    }
}
