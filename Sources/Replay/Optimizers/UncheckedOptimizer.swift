/// A part of an optimizer's state that was not checked, and why.
public enum UncheckedOptimizer: Sendable, Equatable {
    /// States of models with more parameters than this are not read.
    case tooLarge(mostParameters: Int)
    /// The file holds no moments: no update was made, or it is no optimizer's state.
    case noMoments
    /// A rank's file holds no moments: no update was made.
    case noUpdate(file: String)
    /// It cannot be read.
    case unreadable(ReplayError)
    /// PyTorch's distributed checkpoints are not read.
    case distributed
    /// Megatron's distributed optimizer is not read.
    case megatron
    /// The parts of some ranks are missing, or the model is cut too.
    case ranksMissing
    /// A file does not say which stretch belongs to which tensor, as those of ZeRO stage 3.
    case noSlices(file: String)
    /// The parts of ranks other than these are not here.
    case otherRanks(than: [Int])
    /// So many ranks have saved parts of a tensor, and so many parts are here.
    case otherParts(saved: Int, here: Int)
    /// An average is of an element type that is not read, or not contiguous.
    case unreadMoment(Moment, of: MomentOwner, file: String, type: String)
}
