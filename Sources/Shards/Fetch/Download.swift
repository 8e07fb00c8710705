import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Terms

/// The download of one shard, resumed where it broke off: in this run, or by a later one.
///
/// The rest is asked for with `Range` and `If-Range`; whatever a server answers, the whole must prove itself in the end. Where
/// it does not and came in several parts, it is downloaded once more from the beginning.
struct Download {
    let transport: Transport
    let entry: ManifestEntry
    let pieceBytes: Int
    let address: String
    let path: String

    private var limits: FetchPolicy.Limits { transport.policy.limits }

    /// How far a download has come.
    private struct State {
        /// The entity tag or date of what was received so far.
        var validator: String?
        /// Whether what was received came in more than one part.
        var isPatched = false
        /// Whether the rest must not be asked for alone, since the server has given wrong answers to that.
        var refusesRanges = false
    }

    /// Downloads and proves; the result has no final name yet.
    func run(progress: @Sendable (Int) -> Void) async throws -> ProvenFile {
        var state = State()
        var note: ResumeNote?
        let target: ProvenFile
        if let digest = entry.strongest?.description,
            let found = try ProvenFile(
                resuming: path,
                entry: entry,
                pieceBytes: pieceBytes,
                digest: digest,
                note: &note
            )
        {
            target = found
            state.isPatched = true
            // Another address may serve another file under the same tag.
            state.validator = note?.address == address ? note?.validator : nil
            progress(target.count)
        } else {
            target = try ProvenFile(path: path, other: Fetcher.otherAlgorithm(of: entry), size: entry.bytes)
        }
        if let bytes = entry.bytes { try FreeSpace.require(bytes - target.count, at: splitPath(path).folder) }
        while true {
            do {
                try await receiveAll(target, &state, progress: progress)
            } catch {
                target.isWorthKeeping = target.count >= limits.resumableBytes && !(error is ShardError)
                if let retry = error as? Failure { throw retry.error }
                throw error
            }
            do {
                try Fetcher.prove(target, entry, origin: address)
                return target
            } catch {
                // Parts of two files, or a beginning that was damaged: once more in one piece.
                guard state.isPatched else { throw error }
                state = State(refusesRanges: true)
                try target.restart(size: entry.bytes)
            }
        }
    }

    /// The tries are used up.
    private struct Failure: Error {
        var error: ShardError
    }

    private func receiveAll(
        _ target: ProvenFile,
        _ state: inout State,
        progress: @Sendable (Int) -> Void
    ) async throws {
        var pause = limits.pause
        var attempt = 1
        var rounds = 0
        while true {
            if let bytes = entry.bytes, target.count == bytes, bytes > 0 { return }
            let before = target.count
            do {
                try await receive(target, &state, progress: progress)
                return
            } catch let retry as Retry {
                rounds += 1
                // What makes headway may go on, but not for ever.
                if target.count >= before + limits.resumableBytes, rounds < 1000 {
                    attempt = 1
                    pause = limits.pause
                }
                guard attempt < (retry.isUnreachable ? limits.connectionAttempts : limits.attempts) else {
                    throw Failure(
                        error: .fetch(
                            url: address,
                            reason: "\(retry.reason), \(attempt) times",
                            remedy: "Check the address and the network, then run the command again."
                        )
                    )
                }
                // Not all clients at the same moment.
                let jittered = pause * Double.random(in: 1...1.25)
                try await Task.sleep(for: min(max(retry.after ?? .zero, jittered), limits.longestPause))
                pause *= 2
                attempt += 1
            }
        }
    }

    /// One request, and its body to its end.
    private func receive(
        _ target: ProvenFile,
        _ state: inout State,
        progress: @Sendable (Int) -> Void
    ) async throws {
        // Without a tag the rest may be of another file; then only a digest makes up for it.
        let canResume = !state.refusesRanges && (state.validator != nil || entry.strongest != nil)
        if target.count > 0, !canResume { try target.restart(size: entry.bytes) }
        let start = target.count
        var headers: [(String, String)] = []
        if start > 0 {
            headers.append(("Range", "bytes=\(start)-"))
            if let validator = state.validator { headers.append(("If-Range", validator)) }
        }
        let response = try await transport.get(address, headers: headers)
        try accept(response, start: start, target, &state)
        try await stream(response, into: target, progress: progress)
        if let bytes = entry.bytes, target.count < bytes {
            throw Retry(reason: "the server closed the connection after \(target.count) of \(bytes) bytes")
        }
    }

    /// Compares the head of an answer with what was asked for.
    private func accept(
        _ response: Transport.Response,
        start: Int,
        _ target: ProvenFile,
        _ state: inout State
    ) throws {
        switch response.status {
        case 200:
            if start > 0 { try target.restart(size: entry.bytes) }
            state.isPatched = false
            if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }),
                let bytes = entry.bytes, length > bytes
            {
                try Fetcher.check(bytes, against: length, origin: address)
            }
        case 206 where start > 0:
            let range = ContentRange(response.headers.first(name: "Content-Range"))
            let isSame = state.validator == nil || response.validator == nil || response.validator == state.validator
            guard let range, range.range.lowerBound == start, isSame,
                entry.bytes == nil || range.total == nil || range.total == entry.bytes
            else {
                state.refusesRanges = true
                throw Retry(reason: "the server sent another range than was asked for", after: .zero)
            }
            state.isPatched = true
        case 416 where start > 0:
            state.refusesRanges = true
            throw Retry(reason: "the server has no bytes from \(start) on", after: .zero)
        default:
            throw ShardError.fetch(
                url: address,
                reason: "the server answered \(response.status) to a request for the whole file",
                remedy: "Check the source."
            )
        }
        state.validator = response.validator
        guard let digest = entry.strongest?.description, entry.bytes ?? .max >= 4 * limits.resumableBytes else {
            return
        }
        target.write(
            ResumeNote(host: ResumeNote.thisHost, digest: digest, address: address, validator: response.validator)
        )
    }

    private func stream(
        _ response: Transport.Response,
        into target: ProvenFile,
        progress: @Sendable (Int) -> Void
    ) async throws {
        let cap = entry.bytes ?? Fetcher.unknownSizeCap
        var window = ContinuousClock.now
        var inWindow = 0
        do {
            for try await buffer in response.body {
                guard target.count + buffer.readableBytes <= cap else {
                    throw ShardError.fetch(
                        url: address,
                        reason: "the server sends more than the expected \(cap) bytes",
                        remedy: "The download was stopped and not kept; check the source."
                    )
                }
                try buffer.withUnsafeReadableBytes { try target.write($0) }
                progress(buffer.readableBytes)
                inWindow += buffer.readableBytes
                let now = ContinuousClock.now
                guard now - window >= .seconds(limits.slowWindow) else { continue }
                guard inWindow >= limits.slowBytes else {
                    throw Retry(reason: "the server sent only \(inWindow) bytes in \(limits.slowWindow) s")
                }
                window = now
                inWindow = 0
            }
        } catch let error as ShardError {
            throw error
        } catch let error as Retry {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Retry(reason: "the connection broke after \(target.count) bytes (\(printable("\(error)")))")
        }
    }
}
