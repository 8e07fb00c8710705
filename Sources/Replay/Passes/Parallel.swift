import CTransformer
import Dispatch
import Foundation
import Synchronization

/// Work spread over threads. What an item computes must not depend on the thread that runs it or on the others.
enum Parallel {
    /// The number of threads used unless the caller says otherwise.
    static var defaultThreads: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    private static let blasIsSingleThreaded: Void = ct_use_single_threaded_blas()

    /// Calls `body` with a team for the C side: `nil` for one thread.
    static func withTeam<T>(of threads: Int, _ body: (UnsafePointer<ct_team>?) -> T) -> T {
        _ = blasIsSingleThreaded
        guard threads > 1 else { return body(nil) }
        var team = ct_team(
            workers: threads,
            // The number itself: C functions capture nothing.
            context: UnsafeMutableRawPointer(bitPattern: threads),
            run: { context, count, task, argument in
                guard let task else { return }
                Parallel.forEach(count, threads: Int(bitPattern: context)) { item, worker in
                    task(argument, item, worker)
                }
            }
        )
        return body(&team)
    }

    /// The number of workers that share `count` items.
    static func workers(for count: Int, threads: Int) -> Int { max(1, min(count, threads)) }

    /// Calls `body` once for each of 0..<count on up to `threads` threads and waits for all. Its second argument is the
    /// number of the worker, below `workers(for:threads:)`, that runs the item.
    static func forEach(_ count: Int, threads: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
        _ = blasIsSingleThreaded
        let workers = workers(for: count, threads: threads)
        guard workers > 1 else {
            for item in 0..<count { body(item, 0) }
            return
        }
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            // Unsafe only to the compiler: every item touches memory of its own, and the call waits for all of them.
            nonisolated(unsafe) let work = body
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                while true {
                    let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard item < count else { return }
                    work(item, worker)
                }
            }
        }
    }

    /// Splits 0..<count into fixed parts for element-wise work, whose result does not depend on the parts.
    static func forEachRange(of count: Int, threads: Int, _ body: (Range<Int>) -> Void) {
        let part = max(1 << 14, (count + max(threads, 1) - 1) / max(threads, 1))
        let parts = (count + part - 1) / part
        forEach(parts, threads: threads) { index, _ in body(index * part..<min(count, (index + 1) * part)) }
    }
}
