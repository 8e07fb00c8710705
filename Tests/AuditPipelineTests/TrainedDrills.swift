import AuditPipeline
import Drills

/// Drills are trained once and shared by the tests; each takes a few seconds.
enum TrainedDrills {
    static let scratch = try? Scratch()

    static let corrupt: String? = train("corrupt-shard", seed: 1)
    static let healthy: String? = train("none", seed: 1)

    private static func train(_ id: String, seed: UInt64) -> String? {
        guard let scratch, let fault = DrillFault.named(id) else { return nil }
        let path = scratch.path + "/" + id
        let drill = Drill(fault: fault, seed: seed, threads: 2)
        return (try? drill.run(into: path, progress: SilentProgress())) == nil ? nil : path
    }
}
