/// A command that a report proposes. The paths of the run are filled in where it is printed; where the run cannot be
/// traced, replayed or verified, advice for the trainer is printed instead.
public enum Command: Sendable, Hashable {
    /// Which data fed a step.
    case trace(step: Int)
    /// The text that a step was fed.
    case read(step: Int)
    /// A step rerun beside control batches; in the precision of a name such as `fp16` where one is given.
    case replay(step: Int, precision: String? = nil)
    /// The shards against their digests.
    case verify
    /// The damaged pieces of shards replaced by good ones.
    case repair
    /// The digests of the shards on disk.
    case lock
    /// The curves of the log as pictures.
    case plot
    /// The symptoms and causes that the log alone shows.
    case diagnose
    /// The whole audit.
    case audit
}
