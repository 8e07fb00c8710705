import AuditPipeline
import Foundation

/// Files of trackers in a folder, as `diagnose FOLDER` reads them. The first byte says which file the rest is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTracker(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard let kind = bytes.first else { return 0 }
    let folder = NSTemporaryDirectory() + "/fuzz-tracker-\(ProcessInfo.processInfo.processIdentifier)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let curve = "step,train_loss\n" + (0..<8).map { "\($0),\(8 - $0)\n" }.joined()
    let state =
        "{\"log_history\": [" + (1..<8).map { "{\"loss\": \($0), \"step\": \($0)}" }.joined(separator: ",") + "]}"
    let (name, beside): (String, [String: String]) =
        switch kind % 7 {
        case 0: ("offline-run-20240101_000000-abcdefgh/run-abcdefgh.wandb", [:])
        case 1: ("mlflow.db", [:])
        case 2: ("version_0/hparams.yaml", ["version_0/metrics.csv": curve])
        case 3: ("training_args.bin", ["trainer_state.json": state])
        case 4: ("run/metrics/train_loss", ["run/meta.yaml": "run_name: r\n", "run/params/lr": "0.1"])
        case 5: ("run/meta.yaml", ["run/metrics/train/loss": "1 2 3\n2 2 4\n"])
        default: ("run/events.out.tfevents.1.host", [:])
        }
    for (name, text) in beside { write(Data(text.utf8), folder + "/" + name) }
    write(Data(bytes.dropFirst()), folder + "/" + name)
    _ = try? RunReader.read(paths: [folder])
    return 0
}

private func write(_ data: Data, _ path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? data.write(to: URL(fileURLWithPath: path))
}
