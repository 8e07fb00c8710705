import CTransformer

/// The number format a replay is run in.
///
/// Arithmetic is always fp32. `bf16` and `fp16` are emulated: the weights and the output of every operation are
/// rounded to the format, to nearest and ties to even; matrix products accumulate in fp32 as tensor cores do, and
/// log-softmax and loss stay in fp32 as in mixed-precision training. An fp16 value beyond 65504 becomes infinite.
public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// IEEE single.
    case fp32
    /// bfloat16.
    case bf16
    /// IEEE half.
    case fp16

    /// The largest finite value.
    public var largestValue: Double {
        switch self {
        case .fp32: Double(Float.greatestFiniteMagnitude)
        case .bf16: 3.3895313892515355e38
        case .fp16: 65504
        }
    }

    var c: ct_precision {
        switch self {
        case .fp32: CT_FP32
        case .bf16: CT_BF16
        case .fp16: CT_FP16
        }
    }
}
