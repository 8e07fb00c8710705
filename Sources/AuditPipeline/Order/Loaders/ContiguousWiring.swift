import DataOrder

enum ContiguousWiring: LoaderWiring {
    static let ids = ContiguousLoader.ids
    static let takesRamp = true

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let ramp = try context.ramp()
        return try ContiguousLoader(shards: context.tokenShards(), ramp: ramp)
    }
}
