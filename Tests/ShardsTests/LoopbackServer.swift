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
    }

    let port: Int
    private let channel: any Channel

    /// Starts a server; each request for a path takes the next of its answers, the last one again and again.
    init(_ answers: [String: [Answer]]) async throws {
        let handlerAnswers = SharedAnswers(answers)
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
