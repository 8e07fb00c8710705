/// Names of one part of the model: `grad_norm/layers.3.attn`, `lr-AdamW/group1`, `l2_norm/update/wte`, `rewards/format`.
enum SeriesGroups {
    /// The words that say what is measured, as whole words of a name with underscores; the rest of the name is the group.
    private static let marks: [(words: StaticString, kind: SeriesKind)] = [
        ("l2_norm_grad", .gradientNorm), ("grad_norm", .gradientNorm), ("gradient_norm", .gradientNorm),
        ("gradnorm", .gradientNorm), ("grads_norm", .gradientNorm), ("gnorm", .gradientNorm),
        ("l2_norm_update", .updateNorm), ("update_norm", .updateNorm), ("updates_norm", .updateNorm),
        ("l2_norm_param", .parameterNorm), ("param_norm", .parameterNorm), ("params_norm", .parameterNorm),
        ("parameter_norm", .parameterNorm), ("weight_norm", .parameterNorm), ("weights_norm", .parameterNorm),
        ("max_attention_logit", .attentionLogit), ("max_attention_logits", .attentionLogit),
        ("max_attn_logit", .attentionLogit), ("max_attn_logits", .attentionLogit), ("attn_logits_max", .attentionLogit),
        ("attn_logit_max", .attentionLogit), ("max_logits", .attentionLogit), ("max_logit", .attentionLogit),
        ("z_loss", .zLoss), ("load_balancing_loss", .balanceLoss), ("load_balance_loss", .balanceLoss),
        ("lb_loss", .balanceLoss), ("load_imbalance", .loadImbalance), ("max_vio", .loadImbalance),
        ("drop_rate", .droppedTokens), ("dropped_tokens", .droppedTokens), ("learning_rate", .learningRate),
        ("lr", .learningRate), ("rewards", .reward), ("reward", .reward), ("mtp_loss", .auxiliaryLoss),
    ]
    /// OLMo's and Levanter's order: `grad/wte.weight.norm`, `params/norm/wte`.
    private static let framed: [(first: StaticString, kind: SeriesKind)] = [
        ("grad_", .gradientNorm), ("grads_", .gradientNorm), ("param_", .parameterNorm), ("params_", .parameterNorm),
        ("update_", .updateNorm), ("updates_", .updateNorm),
    ]
    /// Leading words of a name that are no group.
    private static let fillers: [StaticString] = [
        "train/", "training/", "optim/", "optimizer/", "metrics/", "learning/", "moe/",
    ]
    /// Names of statistics over something that is no series of the run.
    private static let strangers: [StaticString] = ["eval", "val", "valid", "validation", "test", "std", "scheduler"]
    private static let longestName = 96

    /// What a name that is listed nowhere means; nil where it holds no known words.
    static func named(_ name: UnsafeRawBufferPointer) -> SeriesName? {
        guard name.count <= longestName, mayMatch(name) else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: 2 * longestName, alignment: 1) { room in
            let length = normalise(name, into: room)
            let words = ByteCursor(UnsafeRawBufferPointer(rebasing: room[..<length]))
            if strangers.contains(where: { place(of: $0, in: words) != nil }) { return nil }
            if let framed = framed(name, words, room) { return framed }
            for mark in marks {
                guard let start = place(of: mark.words, in: words) else { continue }
                let end = start + mark.words.utf8CodeUnitCount - 1
                let raw = Int(room[longestName + start])..<Int(room[longestName + end]) + 1
                return SeriesName(mark.kind, group: group(of: name, around: raw))
            }
            return nil
        }
    }

    private static func framed(
        _ name: UnsafeRawBufferPointer,
        _ words: ByteCursor,
        _ room: UnsafeMutableRawBufferPointer
    ) -> SeriesName? {
        for frame in framed where words.sees(frame.first) {
            var tail = words
            tail.position = frame.first.utf8CodeUnitCount
            let isFirst = tail.sees("norm") && (tail.peek(4) == 0x5F || tail.peek(4) == 0)
            let norm = isFirst ? tail.position : words.bytes.count - 4
            tail.position = norm
            guard norm >= frame.first.utf8CodeUnitCount, tail.sees("norm"), isFirst || tail.peek(-1) == 0x5F else {
                continue
            }
            let raw = Int(room[longestName + norm])
            let group =
                isFirst
                ? text(name, raw + 4..<name.count)
                : text(name, Int(room[longestName + frame.first.utf8CodeUnitCount - 1])..<raw)
            return SeriesName(frame.kind, group: group)
        }
        return nil
    }

    /// Whether the name holds the beginning of a word that all marks and frames have one of: most names do not.
    @inline(__always) private static func mayMatch(_ name: UnsafeRawBufferPointer) -> Bool {
        var last: UInt32 = 0
        for byte in name {
            last = (last << 8 | UInt32(byte.lowercased)) & 0xFF_FFFF
            switch last {
            case 0x6E_6F72, 0x6C_6F67, 0x7A_5F6C, 0x5F_6C6F, 0x72_6577, 0x72_6174, 0x76_696F, 0x64_726F, 0x69_6D62:
                return true  // nor, log, z_l, _lo, rew, rat, vio, dro, imb
            default: if last & 0xFFFF == 0x6C72 { return true }  // lr
            }
        }
        return false
    }

    /// Writes the name with underscores, and behind it the place of each byte in the name.
    private static func normalise(_ name: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        var length = 0
        var gap = false
        for (index, byte) in name.enumerated() {
            guard byte.isLetter || byte.isDigit || byte >= 0x80 else {
                gap = length > 0
                continue
            }
            if gap, length < longestName {
                room[length] = 0x5F
                room[longestName + length] = UInt8(index)
                length += 1
            }
            gap = false
            guard length < longestName else { break }
            room[length] = byte.lowercased
            room[longestName + length] = UInt8(index)
            length += 1
        }
        return length
    }

    /// Where some words stand as whole words.
    private static func place(of words: StaticString, in name: ByteCursor) -> Int? {
        var cursor = name
        let length = words.utf8CodeUnitCount
        while cursor.seek(words) {
            let start = cursor.position - length
            let isFirst = start == 0 || name.bytes[start - 1] == 0x5F
            if isFirst, cursor.isAtEnd || cursor.current == 0x5F { return start }
            cursor.position = start + 1
        }
        return nil
    }

    private static func group(of name: UnsafeRawBufferPointer, around mark: Range<Int>) -> String? {
        var head = ByteCursor(name)
        while fillers.contains(where: { head.take($0) }) {}
        let before = text(name, min(head.position, mark.lowerBound)..<mark.lowerBound)
        let after = text(name, mark.upperBound..<name.count)
        let parts = [before, after].filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// Part of a name without the punctuation around it.
    private static func text(_ name: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        func isWord(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte >= 0x80 }
        let bytes = name[range.clamped(to: 0..<name.count)]
        guard let first = bytes.firstIndex(where: isWord), let last = bytes.lastIndex(where: isWord) else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
