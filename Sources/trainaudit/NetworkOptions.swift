import ArgumentParser
import Shards

/// What commands that download may reach.
struct NetworkOptions: ParsableArguments {
    @Flag(help: "Allow hosts of private networks that --source does not name, as in redirects and in manifests.")
    var allowPrivateNetwork = false

    /// The rules for a source that a person has named on the command line.
    func policy(source: ShardSource?) -> FetchPolicy {
        var policy = FetchPolicy(source: source)
        policy.allowsPrivateNetworks = allowPrivateNetwork
        return policy
    }
}

/// A time span as 90s, 45m, 12h or 7d; a plain 0 too.
struct DurationArgument: ExpressibleByArgument {
    var seconds: Int

    init?(argument: String) {
        guard let seconds = ShardAge.seconds(argument) else { return nil }
        self.seconds = seconds
    }
}
