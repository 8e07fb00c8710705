/// Something about how a checkpoint was read that a reader of the replay must know.
public enum CheckpointNote: Sendable, Hashable {
    /// Neither the file nor a configuration states this setting; the value is the family's usual one.
    case assumed(Setting, value: String)
    /// The configuration has a key that nothing is known of; it is not used.
    case unknownKey(String, file: String)

    /// What a model's weights do not show. Raw values are keys of `model` in `audit.yaml`.
    public enum Setting: String, Sendable, Hashable, CaseIterable {
        /// The family, known by the names of its tensors alone.
        case architecture
        /// The base of the rotary frequencies.
        case ropeBase
        /// What the norms add to the variance.
        case normEpsilon
        /// The non-linearity of the MLP.
        case activation
    }
}
