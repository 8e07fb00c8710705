import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on the loopback interface that answers as a test says, well or badly.
final class LoopbackServer: Sendable {
    /// What the server does with a request.
    enum Answer: Sendable {
        /// A body with its true length.
        case body([UInt8])
        /// A length that is claimed, and fewer bytes, then the end of the connection.
        case cutShort([UInt8], claimed: Int)
        /// A status without a body, and headers.
        case status(Int, [String: String])
        /// Bytes without end, in chunks.
        case endless
        /// A file with an entity tag, and parts of it where they are asked for, as a good server does.
        case file([UInt8], tag: String)
        /// The same, but the connection ends after so many bytes of the body.
        case brokenFile([UInt8], tag: String, after: Int)
        /// Any status, headers and body, whatever was asked for; the length is added unless it is given.
        case reply(Int, [String: String], [UInt8])
        /// A body of which a few bytes come now and then.
        case drip([UInt8], each: Int, milliseconds: Int64)
    }

    /// A request as it came.
    struct Request: Sendable {
        var path: String
        var headers: HTTPHeaders
    }

    let port: Int
    private let channel: any Channel
    private let answers: SharedAnswers

    /// The requests so far.
    var requests: [Request] { answers.requests.withLock { $0 } }

    /// Starts a server; each request for a path takes the next of its answers, the last one again and again.
    init(_ answers: [String: [Answer]]) async throws {
        let handlerAnswers = SharedAnswers(answers)
        self.answers = handlerAnswers
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(AnswerHandler(answers: handlerAnswers))
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    var address: String { "http://127.0.0.1:\(port)/" }

    func stop() async throws { try await channel.close() }
}

/// The answers left for each path.
private final class SharedAnswers: Sendable {
    private let left: Mutex<[String: [LoopbackServer.Answer]]>
    let requests = Mutex<[LoopbackServer.Request]>([])

    init(_ answers: [String: [LoopbackServer.Answer]]) { left = Mutex(answers) }

    func next(_ path: String) -> LoopbackServer.Answer {
        left.withLock { left in
            guard let answers = left[path], let first = answers.first else { return .status(404, [:]) }
            if answers.count > 1 { left[path] = Array(answers.dropFirst()) }
            return first
        }
    }
}

private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answers: SharedAnswers

    init(answers: SharedAnswers) { self.answers = answers }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        answers.requests.withLock { $0.append(.init(path: head.uri, headers: head.headers)) }
        switch answers.next(head.uri) {
        case .body(let bytes):
            respond(context, .ok, ["Content-Length": "\(bytes.count)"], bytes)
        case .cutShort(let bytes, let claimed):
            write(context, .ok, ["Content-Length": "\(claimed)"], bytes)
            context.flush()
            context.close(promise: nil)
        case .status(let code, let headers):
            respond(context, HTTPResponseStatus(statusCode: code), headers.merging(["Content-Length": "0"]) { $1 }, [])
        case .endless:
            write(context, .ok, ["Transfer-Encoding": "chunked"], [])
            for _ in 0..<64 {
                let chunk = ByteBuffer(repeating: 1, count: 1 << 16)
                context.write(wrapOutboundOut(.body(.byteBuffer(chunk))), promise: nil)
            }
            context.flush()
        case .file(let bytes, let tag):
            let (status, headers, body) = part(of: bytes, tag: tag, for: head)
            respond(context, status, headers.merging(["Content-Length": "\(body.count)"]) { $1 }, Array(body))
        case .brokenFile(let bytes, let tag, let count):
            let (status, headers, body) = part(of: bytes, tag: tag, for: head)
            let length = headers.merging(["Content-Length": "\(body.count)"]) { $1 }
            write(context, status, length, Array(body.prefix(count)))
            context.flush()
            context.close(promise: nil)
        case .reply(let code, let headers, let body):
            let length = ["Content-Length": "\(body.count)"].merging(headers) { $1 }
            respond(context, HTTPResponseStatus(statusCode: code), length, body)
        case .drip(let bytes, let each, let milliseconds):
            write(context, .ok, ["Content-Length": "\(bytes.count)"], [])
            context.flush()
            Self.drip(context.channel, bytes[...], each: each, milliseconds: milliseconds)
        }
    }

    /// What a good server answers to a request that may ask for a part.
    private func part(
        of bytes: [UInt8],
        tag: String,
        for head: HTTPRequestHead
    ) -> (HTTPResponseStatus, [String: String], ArraySlice<UInt8>) {
        let fields = ["ETag": tag, "Accept-Ranges": "bytes"]
        let condition = head.headers.first(name: "If-Range")
        guard let range = head.headers.first(name: "Range")?.dropFirst(6).split(separator: "-"),
            let first = range.first.flatMap({ Int($0) }), condition == nil || condition == tag
        else { return (.ok, fields, bytes[...]) }
        let last = min(range.count > 1 ? Int(range[1]) ?? bytes.count - 1 : bytes.count - 1, bytes.count - 1)
        guard first <= last else {
            return (.rangeNotSatisfiable, ["Content-Range": "bytes */\(bytes.count)"], [])
        }
        let content = "bytes \(first)-\(last)/\(bytes.count)"
        return (.partialContent, fields.merging(["Content-Range": content]) { $1 }, bytes[first...last])
    }

    private static func drip(_ channel: any Channel, _ bytes: ArraySlice<UInt8>, each: Int, milliseconds: Int64) {
        guard channel.isActive, !bytes.isEmpty else { return }
        let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes.prefix(each))))
        channel.writeAndFlush(part, promise: nil)
        channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
            drip(channel, bytes.dropFirst(each), each: each, milliseconds: milliseconds)
        }
    }

    private func write(
        _ context: ChannelHandlerContext,
        _ status: HTTPResponseStatus,
        _ headers: [String: String],
        _ body: [UInt8]
    ) {
        let fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))),
            promise: nil
        )
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }

    private func respond(
        _ context: ChannelHandlerContext,
        _ status: HTTPResponseStatus,
        _ headers: [String: String],
        _ body: [UInt8]
    ) {
        write(context, status, headers, body)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
