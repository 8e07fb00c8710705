import Foundation

/// A complex Fourier transform of one power-of-two length, for correlations: the forward transform leaves its values in
/// bit-reversed order and the backward one takes them so, which saves the reordering.
package struct FourierTransform: Sendable {
    /// Numbers as two arrays of equal length.
    package struct Numbers: Sendable {
        package var real: [Float]
        package var imaginary: [Float]

        /// Numbers, filled up with zeros.
        package init(_ real: some Collection<Float> = [], _ imaginary: some Collection<Float> = [], count: Int) {
            self.real = Array(real.prefix(count))
            self.imaginary = Array(imaginary.prefix(count))
            self.real += repeatElement(0, count: count - self.real.count)
            self.imaginary += repeatElement(0, count: count - self.imaginary.count)
        }
    }

    /// Numbers in memory.
    private typealias Pointer = UnsafeMutablePointer<Float>

    /// Numbers that fit a processor's nearest cache: longer transforms are halved first.
    private static let cached = 2048

    /// The length.
    package let count: Int
    /// The roots of each stage side by side: those of a stage of half-length h are h to 2h − 1.
    private let cosines: [Float]
    private let sines: [Float]

    /// A transform of a length that is rounded up to a power of two.
    package init(count: Int) {
        var length = 2
        while length < count { length *= 2 }
        self.count = length
        let half = length / 2
        let angles = (0..<half).map { -Double.pi * Double($0) / Double(half) }
        var cosines = [Float](repeating: 1, count: length)
        var sines = [Float](repeating: 0, count: length)
        for (index, angle) in angles.enumerated() {
            cosines[half + index] = Float(cos(angle))
            sines[half + index] = Float(sin(angle))
        }
        // Each shorter stage has every other root of the next longer one.
        for index in stride(from: half - 1, through: 1, by: -1) {
            let stage = 1 << (Int.bitWidth - 1 - index.leadingZeroBitCount)
            cosines[index] = cosines[2 * stage + 2 * (index - stage)]
            sines[index] = sines[2 * stage + 2 * (index - stage)]
        }
        self.cosines = cosines
        self.sines = sines
    }

    /// Transforms in place; the values end in bit-reversed order.
    /// - Complexity: O(n log n).
    package func forward(_ numbers: inout Numbers) { run(&numbers, isForward: true) }

    /// Transforms values in bit-reversed order back, without dividing by their number.
    /// - Complexity: O(n log n).
    package func backward(_ numbers: inout Numbers) { run(&numbers, isForward: false) }

    private func run(_ numbers: inout Numbers, isForward: Bool) {
        precondition(numbers.real.count == count && numbers.imaginary.count == count, "wrong length")
        numbers.real.withUnsafeMutableBufferPointer { real in
            numbers.imaginary.withUnsafeMutableBufferPointer { imaginary in
                cosines.withUnsafeBufferPointer { cosines in
                    sines.withUnsafeBufferPointer { sines in
                        guard let re = real.baseAddress, let im = imaginary.baseAddress,
                            let cosines = cosines.baseAddress, let sines = sines.baseAddress
                        else { return }
                        if isForward {
                            Self.split(re, im, count, cosines, sines)
                        } else {
                            Self.join(re, im, count, cosines, sines)
                        }
                    }
                }
            }
        }
    }

    private static func split(
        _ re: Pointer,
        _ im: Pointer,
        _ count: Int,
        _ cosines: UnsafePointer<Float>,
        _ sines: UnsafePointer<Float>
    ) {
        var half = count / 2
        while half >= 1 {
            var start = 0
            while start < count {
                splitStage(re + start, im + start, half, cosines + half, sines + half)
                start &+= 2 &* half
            }
            half /= 2
            if 2 * half > cached, 4 * half == count {
                split(re, im, 2 * half, cosines, sines)
                split(re + 2 * half, im + 2 * half, 2 * half, cosines, sines)
                return
            }
        }
    }

    private static func join(
        _ re: Pointer,
        _ im: Pointer,
        _ count: Int,
        _ cosines: UnsafePointer<Float>,
        _ sines: UnsafePointer<Float>
    ) {
        var half = 1
        if count > 2 * cached {
            half = count / 2
            join(re, im, half, cosines, sines)
            join(re + half, im + half, half, cosines, sines)
        }
        while half < count {
            var start = 0
            while start < count {
                joinStage(re + start, im + start, half, cosines + half, sines + half)
                start &+= 2 &* half
            }
            half *= 2
        }
    }

    @inline(__always)
    private static func splitStage(
        _ re: Pointer,
        _ im: Pointer,
        _ half: Int,
        _ cosines: UnsafePointer<Float>,
        _ sines: UnsafePointer<Float>
    ) {
        var low = 0
        while low < half {
            let high = low &+ half
            let a = re[low] - re[high]
            let b = im[low] - im[high]
            re[low] += re[high]
            im[low] += im[high]
            re[high] = a * cosines[low] - b * sines[low]
            im[high] = a * sines[low] + b * cosines[low]
            low &+= 1
        }
    }

    @inline(__always)
    private static func joinStage(
        _ re: Pointer,
        _ im: Pointer,
        _ half: Int,
        _ cosines: UnsafePointer<Float>,
        _ sines: UnsafePointer<Float>
    ) {
        var low = 0
        while low < half {
            let high = low &+ half
            let a = re[high] * cosines[low] + im[high] * sines[low]
            let b = im[high] * cosines[low] - re[high] * sines[low]
            re[high] = re[low] - a
            im[high] = im[low] - b
            re[low] += a
            im[low] += b
            low &+= 1
        }
    }
}
