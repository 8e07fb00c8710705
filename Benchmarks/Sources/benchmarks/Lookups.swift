import ArgumentParser
import DataOrder
import Terms

/// Steps traced a second, and the time to make the map of many shards: a line each of loader, milliseconds, lookups a second.
struct Lookups: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time the data order's arithmetic; see Benchmarks/order.sh."
    )

    @Option(help: "Shards of the run.")
    var shards = 100_000

    @Option(help: "Lookups to time.")
    var lookups = 1_000_000

    func validate() throws {
        guard shards > 0, lookups > 0 else { throw ValidationError("expected at least one shard and one lookup") }
    }

    func run() throws {
        let layouts = (0..<shards).map {
            ShardLayout(name: "shard_\($0)", tokens: 100_000_000 - $0 % 1000, headerBytes: 1024, tokenWidth: 2)
        }
        let geometry = try BatchGeometry(batch: 32, sequence: 2048)
        let clock = ContinuousClock()
        let loaders: [(id: String, make: () throws -> any Loader)] = [
            ("contiguous", { try ContiguousLoader(shards: layouts, geometry: geometry) }),
            ("llm.c", { try LlmcLoader(shards: layouts, geometry: geometry) }),
            ("build-nanogpt", { try StripedLoader(shards: layouts, geometry: geometry) }),
        ]
        for (id, make) in loaders {
            var loader: (any Loader)?
            let making = try clock.measure { loader = try make() }
            guard let loader else { continue }
            var total = 0
            var update = 12_345
            let looking = try clock.measure {
                for _ in 0..<lookups {
                    update = (update &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
                    total &+= try loader.microBatches(update: update)[0].spans[0].tokens.lowerBound
                }
            }
            var back = 0
            let inverting = try clock.measure {
                for index in 0..<lookups / 10 {
                    let shard = index &* 7919 % shards
                    back &+= try loader.updates(reading: 1000..<2000, ofShard: shard, limit: 100_000_000).count
                }
            }
            print(id, milliseconds(making), rate(lookups, looking), rate(lookups / 10, inverting), total &+ back)
        }
    }

    private func milliseconds(_ duration: Duration) -> Double { (seconds(duration) * 10_000).rounded() / 10 }

    private func rate(_ count: Int, _ duration: Duration) -> Int { Int(Double(count) / max(1e-9, seconds(duration))) }

    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
