import Foundation
import Replay
import Testing

@Suite struct CheckpointFolderTests {
    @Test(
        arguments: [
            ("model_00000500.bin", 500), ("step_000590.safetensors", 590), ("ckpt_000200_corrupt.pt", 200),
            ("run2/model_7", 7), ("v2.0/model.safetensors", nil), ("checkpoint-1500", 1500), ("model.bin", nil),
            ("a1b22.c3.pt", 3), ("99999999999999999999.bin", nil), ("", nil),
        ] as [(String, Int?)]
    )
    func theLastRunOfDigitsIsTheNumber(name: String, number: Int?) {
        #expect(CheckpointFile.number(inName: name) == number)
    }

    @Test func foldersAreScannedInNumericalOrder() throws {
        try withTemporaryFolder { folder in
            let names = [
                "step_1000.safetensors", "step_20.safetensors", "model_00020.bin", "model_00300.pt",
                "step_300.safetensors", "optim_000500.safetensors", "state_00000500_00000.bin", "DONE_00000500",
                "notes_7.txt", "model.safetensors",
            ]
            for name in names {
                #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: Data()))
            }
            try FileManager.default.createDirectory(
                atPath: folder + "/checkpoint-700",
                withIntermediateDirectories: false
            )
            #expect(
                FileManager.default.createFile(
                    atPath: folder + "/checkpoint-700/model.safetensors",
                    contents: Data()
                )
            )
            let scanned = try CheckpointFolder.scan(folder)
            #expect(scanned.files.map(\.updatesDone) == [20, 20, 300, 300, 700, 1000])
            let found = scanned.files.map { String($0.path.dropFirst(folder.count + 1)) }
            #expect(
                found == [
                    "model_00020.bin", "step_20.safetensors", "step_300.safetensors", "model_00300.pt",
                    "checkpoint-700/model.safetensors", "step_1000.safetensors",
                ]
            )
            #expect(scanned.nearest(atOrBelow: 19) == nil)
            #expect(scanned.nearest(atOrBelow: 299)?.path.hasSuffix("model_00020.bin") == true)
            #expect(scanned.nearest(atOrBelow: 300)?.path.hasSuffix("step_300.safetensors") == true)
            #expect(scanned.nearest(atOrBelow: 5000)?.updatesDone == 1000)
        }
    }

    @Test func missingFoldersAreErrors() {
        #expect(replayError { _ = try CheckpointFolder.scan("/nonexistent/folder") } != nil)
    }
}
