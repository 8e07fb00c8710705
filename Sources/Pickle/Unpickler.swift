/// Why a pickle cannot be read.
package struct PickleError: Error, Sendable, Equatable {
    /// What it does that it must not.
    package var detail: String
    /// Where.
    package var byte: Int
}

/// Interprets the part of the pickle language that can only build data. Nothing is imported or called: names stay
/// names, and whatever a call would have made stays an opaque node. Other opcodes are refused.
package struct Unpickler {
    private var graph = PickleGraph()
    private var stack: [Int] = []
    private var marks: [Int] = []
    private var memo: [Int: Int] = [:]
    private var position = 0
    private let bytes: UnsafeRawBufferPointer

    /// Reads a pickle from memory.
    package static func read(_ bytes: [UInt8]) throws(PickleError) -> PickleGraph {
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(PickleError) -> PickleGraph in try read(raw) }
        }
        return try result.get()
    }

    /// Reads a pickle.
    package static func read(_ bytes: UnsafeRawBufferPointer) throws(PickleError) -> PickleGraph {
        var machine = Unpickler(bytes: bytes)
        return try machine.run()
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private func malformed(_ detail: String) -> PickleError { PickleError(detail: detail, byte: position) }

    private mutating func run() throws(PickleError) -> PickleGraph {
        while true {
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") {
                graph.root = try pop()
                return graph
            }
            try execute(opcode)
        }
    }

    private mutating func execute(_ opcode: UInt8) throws(PickleError) {
        switch opcode {
        case 0x80: _ = try byte()
        case 0x95: _ = try take(8)
        case UInt8(ascii: "N"): push(.none)
        case 0x88: push(.bool(true))
        case 0x89: push(.bool(false))
        case UInt8(ascii: "K"): push(.int(Int(try byte())))
        case UInt8(ascii: "M"): push(.int(try unsigned(2)))
        case UInt8(ascii: "J"): push(.int(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
        case 0x8A: try long(Int(try byte()))
        case UInt8(ascii: "G"): push(.double(try bigEndianDouble()))
        case UInt8(ascii: "X"): push(.text(try text(try unsigned(4))))
        case UInt8(ascii: "C"): push(.bytes(Array(try take(Int(try byte())))))
        case UInt8(ascii: "B"): push(.bytes(Array(try take(try unsigned(4)))))
        case 0x8C, UInt8(ascii: "U"): push(.text(try text(Int(try byte()))))
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "]"): push(.list([]))
        case UInt8(ascii: "}"): push(.dictionary([]))
        case 0x8F: push(.list([]))
        case UInt8(ascii: ")"): push(.tuple([]))
        case 0x85: try tuple(1)
        case 0x86: try tuple(2)
        case 0x87: try tuple(3)
        case UInt8(ascii: "t"): push(.tuple(try popToMark()))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"), 0x90: try append(try popToMark())
        case UInt8(ascii: "s"):
            let value = try pop()
            try set([try pop(), value])
        case UInt8(ascii: "u"): try set(try popToMark())
        default: try executeObject(opcode)
        }
    }

    private mutating func executeObject(_ opcode: UInt8) throws(PickleError) {
        switch opcode {
        case UInt8(ascii: "c"):
            let module = try line()
            push(.global(module + "." + (try line())))
        case 0x93:
            let name = graph.text(try pop()) ?? "?"
            push(.global((graph.text(try pop()) ?? "?") + "." + name))
        case UInt8(ascii: "Q"): push(.persistent(try pop()))
        case UInt8(ascii: "R"), 0x81:
            let arguments = try pop()
            guard case .global(let name) = graph[try pop()] else { throw malformed("calls something without a name") }
            guard !Self.isProgram(name) else {
                throw malformed("asks to call \(name), which no checkpoint needs; nothing was called")
            }
            push(
                name == "collections.OrderedDict"
                    ? .dictionary([]) : .object(type: name, arguments: arguments, state: nil)
            )
        case UInt8(ascii: "b"):
            let state = try pop()
            guard let top = stack.last else { throw malformed("has an empty stack") }
            if case .object(let type, let arguments, _) = graph[top] {
                graph.nodes[top] = .object(type: type, arguments: arguments, state: state)
            }
        case UInt8(ascii: "q"): try remember(Int(try byte()))
        case UInt8(ascii: "r"): try remember(try unsigned(4))
        case 0x94: try remember(memo.count)
        case UInt8(ascii: "h"): try recall(Int(try byte()))
        case UInt8(ascii: "j"): try recall(try unsigned(4))
        default:
            throw malformed("has opcode 0x\(String(opcode, radix: 16)), which no plain checkpoint needs")
        }
    }

    /// Modules and functions that run programs, read files or load code. Nothing is ever called; a file that asks for these
    /// was not made to hold data, and its reader should know.
    private static func isProgram(_ name: String) -> Bool {
        let modules: Set<String> = [
            "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "pty", "importlib", "runpy", "webbrowser",
            "ctypes",
        ]
        let functions: Set<String> = [
            "eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint",
        ]
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        return modules.contains(parts[0])
            || ["builtins", "__builtin__"].contains(parts[0]) && functions.contains(parts[1])
    }

    // MARK: Stack

    private mutating func push(_ node: PickleGraph.Node) {
        stack.append(graph.nodes.count)
        graph.nodes.append(node)
    }

    private mutating func pop() throws(PickleError) -> Int {
        guard stack.count > marks.last ?? 0, let top = stack.popLast() else { throw malformed("has an empty stack") }
        return top
    }

    private mutating func popToMark() throws(PickleError) -> [Int] {
        guard let mark = marks.popLast() else { throw malformed("has no mark") }
        let items = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return items
    }

    private mutating func tuple(_ count: Int) throws(PickleError) {
        var items: [Int] = []
        for _ in 0..<count { items.append(try pop()) }
        push(.tuple(items.reversed()))
    }

    private mutating func append(_ items: [Int]) throws(PickleError) {
        guard let top = stack.last, case .list(var list) = graph[top] else { throw malformed("appends to no list") }
        graph.nodes[top] = .none
        list.append(contentsOf: items)
        graph.nodes[top] = .list(list)
    }

    private mutating func set(_ items: [Int]) throws(PickleError) {
        guard let top = stack.last, items.count % 2 == 0 else { throw malformed("sets items in pairs of one") }
        // Items of an unknown kind of object are dropped with it.
        guard case .dictionary(var pairs) = graph[top] else { return }
        graph.nodes[top] = .none
        for at in stride(from: 0, to: items.count, by: 2) { pairs.append((key: items[at], value: items[at + 1])) }
        graph.nodes[top] = .dictionary(pairs)
    }

    private mutating func remember(_ key: Int) throws(PickleError) {
        guard let top = stack.last else { throw malformed("has an empty stack") }
        memo[key] = top
    }

    private mutating func recall(_ key: Int) throws(PickleError) {
        guard let index = memo[key] else { throw malformed("recalls what it never stored") }
        stack.append(index)
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws(PickleError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - position else { throw malformed("ends too early") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    private mutating func byte() throws(PickleError) -> UInt8 { try take(1)[0] }

    private mutating func unsigned(_ width: Int) throws(PickleError) -> Int {
        try take(width).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func text(_ length: Int) throws(PickleError) -> String {
        String(decoding: try take(length), as: UTF8.self)
    }

    private mutating func line() throws(PickleError) -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw malformed("ends too early") }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// Two's complement, little-endian. Numbers beyond 64 bits (seeds, generator states) are of no use here.
    private mutating func long(_ width: Int) throws(PickleError) {
        let digits = try take(width)
        guard width <= 8 else { return push(.none) }
        let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = UInt64(64 - 8 * max(width, 1))
        push(.int(width == 0 ? 0 : Int(Int64(bitPattern: value << unused) >> Int64(unused))))
    }

    private mutating func bigEndianDouble() throws(PickleError) -> Double {
        Double(bitPattern: try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
