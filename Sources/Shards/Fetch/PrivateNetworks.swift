import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Addresses that a server elsewhere has no business to send us to: this machine, its networks, and a cloud's metadata.
package enum PrivateNetworks {
    /// The first private address that a host name stands for; `nil` when all are public or the name is unknown.
    ///
    /// Blocks while the name is looked up. Numbers in any notation are addresses to the system, and so to us.
    static func address(of host: String) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        var next = list
        while let info = next?.pointee {
            if let text = privateText(info) { return text }
            next = info.ai_next
        }
        return nil
    }

    /// The text of the address that a connection leads to, when it is private.
    static func privateText(_ address: SocketAddress) -> String? {
        address.withSockAddr { start, _ in privateText(Int32(start.pointee.sa_family), UnsafeRawPointer(start)) }
    }

    private static func privateText(_ info: addrinfo) -> String? {
        UnsafeRawPointer(info.ai_addr).flatMap { privateText(info.ai_family, $0) }
    }

    private static func privateText(_ family: Int32, _ raw: UnsafeRawPointer) -> String? {
        switch family {
        case AF_INET:
            let bytes = withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
            return isPrivate(bytes) ? bytes.map { "\($0)" }.joined(separator: ".") : nil
        case AF_INET6:
            let bytes = withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
            guard isPrivate(bytes) else { return nil }
            return stride(from: 0, to: 16, by: 2).map {
                String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        default: return nil
        }
    }

    /// A connection that leads into a private network.
    struct Refused: Error {
        var address: String
    }

    /// Lets no connection into a private network be used. What a name stood for when it was looked up may be another address
    /// than the one connected to: its owner decides at each question (DNS rebinding).
    static func refuse(_ connection: any Channel) -> EventLoopFuture<Void> {
        guard let remote = connection.remoteAddress else {
            return connection.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        guard let address = privateText(remote) else { return connection.eventLoop.makeSucceededVoidFuture() }
        // After the failure: the client takes it ill when a connection closes that is still being made.
        connection.eventLoop.scheduleTask(in: .milliseconds(20)) { connection.close(promise: nil) }
        return connection.eventLoop.makeFailedFuture(Refused(address: address))
    }

    /// Whether 4 or 16 bytes are an address outside the public Internet (RFC 6890).
    package static func isPrivate(_ bytes: [UInt8]) -> Bool {
        if bytes.count == 4 {
            switch (bytes[0], bytes[1]) {
            case (0, _), (10, _), (127, _), (169, 254), (192, 168), (172, 16...31), (100, 64...127), (198, 18...19):
                return true
            case (192, 0): return bytes[2] == 0
            case (224...255, _): return true
            default: return false
            }
        }
        guard bytes.count == 16 else { return true }
        // An IPv4 address inside an IPv6 one: mapped, translated, compatible (:: and ::1 among them), or 6to4.
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        let isTranslated = bytes.starts(with: [0, 0x64, 0xff, 0x9b]) && bytes[4..<12].allSatisfy { $0 == 0 }
        let isCompatible = bytes[0..<12].allSatisfy { $0 == 0 }
        if isMapped || isTranslated || isCompatible { return isPrivate(Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return isPrivate(Array(bytes[2..<6])) }
        return bytes[0] & 0xfe == 0xfc || (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80) || bytes[0] == 0xff
    }
}
