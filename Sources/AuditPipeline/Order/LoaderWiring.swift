import DataOrder

/// Makes one loader from a configuration: which values and files it needs, and what to assume where they are not given.
protocol LoaderWiring: Sendable {
    /// The values of `order.loader`.
    static var ids: [String] { get }
    /// The values of `order.variant`.
    static var variants: [String] { get }
    /// Whether the batch size may grow (`order.ramp`).
    static var takesRamp: Bool { get }
    /// Whether a resumed process of the trainer begins with the first data again.
    static var startsOver: Bool { get }
    /// Whether the loader maps resumed processes itself.
    static var handlesResumes: Bool { get }

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader
}

extension LoaderWiring {
    static var variants: [String] { [] }
    static var takesRamp: Bool { false }
    static var startsOver: Bool { false }
    static var handlesResumes: Bool { false }
}

/// The loaders of this version.
enum LoaderWirings {
    static let all: [any LoaderWiring.Type] = [
        ContiguousWiring.self, LlmcWiring.self, LlmcShuffledWiring.self, StripedWiring.self, ModdedWiring.self,
        NanoGPTWiring.self, NanochatWiring.self, MegatronWiring.self, MosaicWiring.self, LitDataWiring.self,
        OLMoWiring.self,
    ]

    /// The values of `order.loader`.
    static var ids: [String] { all.flatMap { $0.ids } }

    /// The values of `order.variant`, of all loaders.
    static var variants: [String] { all.flatMap { $0.variants } }
}
