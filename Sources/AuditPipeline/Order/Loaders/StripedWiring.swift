import DataOrder

/// build-nanogpt and llm.c's Python trainers, which save no position.
enum StripedWiring: LoaderWiring {
    static let ids = StripedLoader.ids
    static let startsOver = true

    static func make(_ context: inout OrderContext) throws(DataOrderError) -> any Loader {
        let geometry = try context.geometry()
        return try StripedLoader(shards: context.tokenShards(), geometry: geometry)
    }
}
