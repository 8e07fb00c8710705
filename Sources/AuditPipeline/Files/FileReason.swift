import Foundation

/// Why the file system refused something, in the words of the operating system: Foundation's own text for most refusals
/// is a number.
package enum FileReason {
    /// The reason of an error: that of the system where there is one below it.
    /// - Parameter folder: The folder that was to be made or written to, for the refusal that Foundation names least: a file
    ///   stands where the folder, or one above it, should be.
    package static func text(_ error: any Error, folder: String? = nil) -> String {
        var place = folder.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? "/"
        while place != "/", !place.isEmpty {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) {
                if !isFolder.boolValue { return "\(place) is a file and no folder" }
                break
            }
            place = URL(fileURLWithPath: place).deletingLastPathComponent().path
        }
        var current: NSError? = error as NSError
        for _ in 0..<8 {
            guard let found = current else { break }
            if found.domain == NSPOSIXErrorDomain, let text = strerror(Int32(truncatingIfNeeded: found.code)) {
                return String(cString: text)
            }
            current = found.userInfo[NSUnderlyingErrorKey] as? NSError
        }
        return error.localizedDescription
    }
}
