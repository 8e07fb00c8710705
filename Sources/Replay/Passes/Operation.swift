import CTransformer

extension Probe {
    /// The operations of a pass, in forward order. A model has those that its description calls for. Raw values are what reports
    /// call them.
    public enum Operation: String, Sendable, CaseIterable {
        /// The sum of token and position tables.
        case embedding
        /// The norm right after it.
        case embeddingNorm = "embedding-norm"
        /// A share of the token before.
        case smear
        /// What a layer starts from, where that is a mix.
        case residualMix = "residual-mix"
        /// The norm before attention.
        case firstNorm = "ln1"
        /// Queries, keys and values.
        case queriesKeysValues = "qkv"
        /// The gated table that is added to the values.
        case valueEmbedding = "value-embedding"
        /// The rotation of queries and keys.
        case rotary
        /// The norm of queries and keys.
        case queryKeyNorm = "qk-norm"
        /// Queries by keys.
        case attentionScores = "attention-scores"
        /// The probabilities of attention.
        case softmax
        /// Probabilities by values.
        case attentionOutput = "attention-output"
        /// The linear layer after attention.
        case projection
        /// The norm of that, where it has one.
        case firstPostNorm = "post-norm1"
        /// The residual stream after attention.
        case firstResidual = "residual1"
        /// The norm before the MLP.
        case secondNorm = "ln2"
        /// The first linear layer of the MLP.
        case mlpIn = "mlp-in"
        /// Its second one, where it is gated.
        case mlpGate = "mlp-gate"
        /// The non-linearity of the MLP.
        case activation
        /// The last linear layer of the MLP.
        case mlpOut = "mlp-out"
        /// The norm of that, where it has one.
        case secondPostNorm = "post-norm2"
        /// The residual stream after the MLP.
        case secondResidual = "residual2"
        /// What is taken off at the end.
        case backout
        /// The norm before the head.
        case finalNorm = "final-layernorm"
        /// The head.
        case logits
        /// The limit of the logits.
        case softcap
        /// The logarithms of the probabilities.
        case logSoftmax = "log-softmax"
        /// The cross-entropy.
        case loss

        /// The same of the C side, whose order this is.
        init(_ c: ct_operation) { self = Self.allCases[Int(c.rawValue)] }

        /// What the C side calls its operations, in order.
        package static var namesInC: [String] {
            (0..<CT_OP_COUNT.rawValue).map { String(cString: ct_operation_name(ct_operation(rawValue: $0))) }
        }

        /// The tensors whose weights it reads.
        func slots(isHeadTied: Bool) -> [ct_slot_id] {
            switch self {
            case .embedding: [CT_WTE, CT_WPE]
            case .smear: [CT_SMEAR_GATEW, CT_SMEAR_SCALE]
            case .residualMix: [CT_RESIDUAL_MIX, CT_INPUT_MIX]
            case .firstNorm: [CT_LN1W, CT_LN1B]
            case .queriesKeysValues: [CT_QKVW, CT_QKVB]
            case .valueEmbedding: [CT_VALUE_GATEW, CT_VALUE_EMBEDDING]
            case .projection: [CT_ATTPROJW, CT_ATTPROJB]
            case .secondNorm: [CT_LN2W, CT_LN2B]
            case .mlpIn: [CT_FCW, CT_FCB]
            case .mlpGate: [CT_GATEW, CT_GATEB]
            case .queryKeyNorm: [CT_QNORMW, CT_KNORMW]
            case .firstPostNorm: [CT_POST1W]
            case .secondPostNorm: [CT_POST2W]
            case .mlpOut: [CT_FCPROJW, CT_FCPROJB]
            case .backout: [CT_BACKOUT_SCALE]
            case .finalNorm: [CT_LNFW, CT_LNFB]
            case .logits: [isHeadTied ? CT_WTE : CT_HEADW, CT_HEADB]
            case .embeddingNorm, .rotary, .attentionScores, .softmax, .attentionOutput, .firstResidual,
                .activation, .secondResidual, .softcap, .logSoftmax, .loss:
                []
            }
        }
    }
}
