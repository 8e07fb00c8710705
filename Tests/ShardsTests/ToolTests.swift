import Foundation
import Shards
import Testing

/// The tool beside the tests, and what this machine lets them do with it.
private enum BuiltTool {
    static let path =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/.build/release/trainaudit"
    static let isHere = FileManager.default.isExecutableFile(atPath: path)

    /// Whether a library can be made and put before the system's.
    static let hasCompiler: Bool = {
        #if os(Linux)
            return isHere && (try? run(["clang", "--version"]).status) == 0
        #else
            return false
        #endif
    }()

    /// Whether this user may make a mount of its own, as root or in a name space of its own.
    static let canMount = isHere && (try? run(["true"], mount: "size=1m").status) == 0

    /// Runs a command, in a name space with an empty small file system at /mnt where options are given.
    static func run(_ command: [String], mount options: String? = nil) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        if let options {
            let script = "mount -t tmpfs -o \(options) none /mnt && exec \"$@\""
            process.arguments = ["unshare", "-rm", "sh", "-c", script, "sh"] + command
        }
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}

/// The built tool as a whole process: killed, without room, without leave to write.
@Suite(.enabled(if: BuiltTool.isHere, "the tool is not built"), .serialized)
struct ToolTests {
    private let scratch: Scratch
    private let piece = 1 << 16
    private var good: [String: [UInt8]] = [:]

    init() throws {
        scratch = try Scratch()
        for index in 0..<6 {
            let bytes = (0..<(1 << 20) + index).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9 &+ index) }
            good["s\(index).dat"] = bytes
            try scratch.write("good/s\(index).dat", bytes)
        }
        let lock = Manifest(
            path: "lock",
            form: .lock,
            pieceBytes: piece,
            entries: good.keys.sorted().map { entry($0, good[$0] ?? [], pieceBytes: piece) }
        )
        try scratch.write("lock.json", try LockFile.text(of: lock))
    }

    private func arguments(_ kind: String, into folder: String) -> [String] {
        let common = ["--source", scratch.path + "/good", "--quiet"]
        if kind == "fetch" { return [BuiltTool.path, kind, scratch.path + "/lock.json", "--into", folder] + common }
        return [BuiltTool.path, "verify", scratch.path + "/lock.json", "-d", folder, "--repair"] + common
    }

    /// `Benchmarks/kill.py` does this hundreds of times, over a network connection too.
    @Test(arguments: ["fetch", "verify"])
    func aKillAtAnyMomentLosesNothing(kind: String) throws {
        var draw: UInt64 = 5
        var damaged: [String: [UInt8]] = [:]
        func prepare() throws {
            try? FileManager.default.removeItem(atPath: scratch.path + "/data")
            try scratch.write("data/mine.txt", "mine")
            guard kind == "verify" else { return }
            for (name, bytes) in good {
                var bytes = bytes
                bytes[bytes.count / 2] ^= 1
                damaged[name] = name == "s3.dat" ? Array(bytes.prefix(70_000)) : bytes
                try scratch.write("data/" + name, damaged[name] ?? [])
            }
        }
        try prepare()
        for round in 0..<16 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: BuiltTool.path)
            process.arguments = Array(arguments(kind, into: scratch.path + "/data").dropFirst())
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            usleep(UInt32(draw >> 40) % 60_000)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(scratch.read("data/mine.txt") == Array("mine".utf8))
            let kept = Set(scratch.names("data/quarantine").compactMap { scratch.read("data/quarantine/" + $0) })
            for (name, bytes) in good {
                let now = scratch.read("data/" + name)
                #expect(now == bytes || now == damaged[name], "\(name) in round \(round)")
                if let damage = damaged[name], now == bytes { #expect(kept.contains(damage), "\(name) is kept") }
            }
        }
        #expect(try BuiltTool.run(arguments(kind, into: scratch.path + "/data")).status == 0)
        #expect(good.allSatisfy { scratch.read("data/" + $0.key) == $0.value })
    }

    /// A library put before the system's, in which reading some bytes of one file fails as on a disk with bad sectors.
    private func badSectors() throws -> String {
        let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            typedef ssize_t (*Read)(int, void *, size_t, off_t);
            static ssize_t from(const char *name, int file, void *bytes, size_t count, off_t at) {
                char link[64], path[4096];
                snprintf(link, sizeof link, "/proc/self/fd/%d", file);
                ssize_t length = readlink(link, path, sizeof path - 1);
                if (length > 0) path[length] = 0;
                if (length > 0 && strstr(path, "/data/s1.dat")) {
                    off_t bad = atol(getenv("BAD_BYTE"));
                    if (at <= bad && at + (off_t)count > bad) {
                        if (at == bad || bad - at < 512) { errno = EIO; return -1; }
                        count = bad - at;
                    }
                }
                return ((Read)dlsym(RTLD_NEXT, name))(file, bytes, count, at);
            }
            ssize_t pread(int f, void *b, size_t n, off_t at) { return from("pread", f, b, n, at); }
            ssize_t pread64(int f, void *b, size_t n, off_t at) { return from("pread64", f, b, n, at); }
            """
        try scratch.write("bad.c", source)
        let library = scratch.path + "/bad.so"
        let result = try BuiltTool.run(["clang", "-shared", "-fPIC", "-o", library, scratch.path + "/bad.c", "-ldl"])
        try #require(result.status == 0, "\(result.text)")
        return library
    }

    /// The first byte, of the header, and one in the middle.
    @Test(.enabled(if: BuiltTool.hasCompiler, "no clang, or not Linux"), arguments: [0, 300_000])
    func onlyThePieceWithABadSectorIsMended(byte: Int) throws {
        let library = try badSectors()
        for (name, bytes) in good { try scratch.write("data/" + name, bytes) }
        let tool = [
            "env", "LD_PRELOAD=" + library, "BAD_BYTE=\(byte)", BuiltTool.path, "verify", scratch.path + "/lock.json",
        ]
        let common = ["-d", scratch.path + "/data", "--quiet", "--format", "json"]
        let report = ["sh", "-c", "\"$@\" >&2", "sh"]
        let found = try BuiltTool.run(report + tool + common)
        let start = byte / piece * piece
        #expect(found.status == 1)
        #expect(found.text.contains("bytes \(start)..<\(start + piece) cannot be read"))
        #expect(found.text.contains("as expected of 16 of 17 pieces"))
        let mended = try BuiltTool.run(report + tool + common + ["--repair", "--source", scratch.path + "/good"])
        #expect(mended.status == 0)
        #expect(mended.text.contains("1 of 17 pieces fetched (\(piece) bytes) and proved"))
        #expect(scratch.read("data/s1.dat") == good["s1.dat"])
        #expect(scratch.names("data/quarantine") == ["unreadable-s1.dat", "unreadable-s1.dat.json"])
    }

    @Test(.enabled(if: BuiltTool.canMount, "no mount of one's own is possible"))
    func aFullDiskIsAnErrorAndLeavesNothingBehind() throws {
        let list = ["sh", "-c", "\"$@\"; echo \"status $?\" >&2; ls -A /mnt >&2", "sh"]
        let small = try BuiltTool.run(list + arguments("fetch", into: "/mnt"), mount: "size=3m")
        #expect(small.text.contains("bytes are free on its file system"))
        #expect(small.text.contains("status 2"))
        #expect(!small.text.contains("s0.dat\n"))
    }

    @Test(.enabled(if: BuiltTool.canMount, "no mount of one's own is possible"))
    func aFolderThatCannotBeWrittenIsAnError() throws {
        let list = ["sh", "-c", "\"$@\"; echo \"status $?\" >&2", "sh"]
        let result = try BuiltTool.run(list + arguments("fetch", into: "/mnt"), mount: "ro,size=3m")
        #expect(result.text.contains("status 2"))
        #expect(result.text.contains("Read-only file system") || result.text.contains("bytes are free"))
    }
}
