import Foundation

/// A folder of Megatron-LM's index caches: `<hash>-GPTDataset-train-<array>.npy`, with a description of each hash.
struct MegatronCache {
    let folder: String
    private let files: any LoaderFiles
    private let names: [String]

    init(_ folder: String, _ files: any LoaderFiles) {
        self.folder = folder
        self.files = files
        names = files.names(inFolder: folder).sorted()
    }

    /// What stands before `document_index.npy` for a data set, by the description beside it.
    func prefix(ofDataSet name: String, isOnlyOne: Bool) throws(DataOrderError) -> String {
        let array = "document_index.npy"
        let prefixes = names.filter { $0.hasSuffix("-train-" + array) || $0.hasSuffix("_" + array) }.map {
            String($0.dropLast(array.count))
        }
        if isOnlyOne, prefixes.count == 1 { return prefixes[0] }
        let matching = prefixes.filter { dataSet(of: $0) == name }
        guard matching.count == 1 else {
            throw .missing(
                key: "order.state",
                reason:
                    "\(folder) holds \(prefixes.count) files ending in -train-document_index.npy, \(matching.count) of them "
                    + "described as of \(name); it must be one"
            )
        }
        return matching[0]
    }

    /// What stands before `dataset_index.npy`; `nil` where nothing is blended.
    func blendPrefix() throws(DataOrderError) -> String? {
        let ending = "-train-dataset_index.npy"
        let found = names.filter { $0.hasSuffix(ending) }
        guard found.count <= 1 else {
            throw .missing(
                key: "order.state",
                reason: "\(folder) holds \(found.count) files ending in \(ending); it must be one, of this run"
            )
        }
        return found.first.map { String($0.dropLast("dataset_index.npy".count)) }
    }

    /// An array of a data set or of the blend.
    func array(_ prefix: String, _ kind: String) throws(DataOrderError) -> [Int] {
        let name = prefix + kind + ".npy"
        guard names.contains(name) else {
            throw .missing(key: "order.state", reason: "\(folder) holds no \(name)")
        }
        return try MegatronFiles.array(folder + "/" + name, files)
    }

    /// The last part of `dataset_path` in the description beside an index.
    private func dataSet(of prefix: String) -> String? {
        guard let file = try? files.open(folder + "/" + prefix + "description.txt"), file.size <= 1 << 20,
            let bytes = try? file.bytes(0..<file.size),
            let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let path = object["dataset_path"] as? String
        else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }
}
