import Foundation

/// Files as memory, read when their bytes are touched.
enum MappedFile {
    static func map(_ path: String) throws(ReplayError) -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
    }
}
