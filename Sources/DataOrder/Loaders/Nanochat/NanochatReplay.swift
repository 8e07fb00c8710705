import Synchronization

/// One rank of one process of a nanochat run, replayed as far as it is asked for.
///
/// What was packed is forgotten; the packer is kept at some places, so that memory does not grow with the run and going back
/// costs a part of it.
final class NanochatReplay: Sendable {
    private struct State {
        /// Packers that are about to make a micro-batch, by rising place; the first at the beginning.
        var kept: [(place: Int, packer: NanochatPacker)]
        /// Micro-batches between two of them.
        var distance = 16
        /// The packer that was used last.
        var latest: (place: Int, packer: NanochatPacker)
    }

    /// As many packers are kept, of some ten kilobytes each.
    private static let mostKept = 64

    private let state: Mutex<State>
    /// Where the log says the reader stood after so many micro-batches.
    private let positions: [Int: NanochatPosition]

    /// Creates the replay.
    /// - Parameter positions: By the number of micro-batches done, for rank 0 of its process.
    init(packer: NanochatPacker, positions: [Int: NanochatPosition]) {
        state = Mutex(State(kept: [(0, packer)], latest: (0, packer)))
        self.positions = positions
    }

    /// The documents of a micro-batch, counted from the beginning of the process.
    /// - Throws: ``DataOrderError`` where the reader is elsewhere than the log says.
    func microBatch(_ place: Int) throws(DataOrderError) -> [PackedDocument] {
        let result = state.withLock { state in
            Result { () throws(DataOrderError) -> [PackedDocument] in try advance(&state, to: place) }
        }
        return try result.get()
    }

    private func advance(_ state: inout State, to place: Int) throws(DataOrderError) -> [PackedDocument] {
        let nearest = state.kept[position(of: place, among: state.kept.count) { state.kept[$0].place }]
        var (at, packer) = nearest
        if state.latest.place <= place, state.latest.place > at { (at, packer) = state.latest }
        while true {
            let documents = try packer.next()
            at += 1
            try check(packer.lastRead, after: at)
            keep(packer, at: at, &state)
            if at > place {
                state.latest = (at, packer)
                return documents
            }
        }
    }

    private func keep(_ packer: NanochatPacker, at place: Int, _ state: inout State) {
        guard let last = state.kept.last, place >= last.place + state.distance else { return }
        state.kept.append((place, packer))
        guard state.kept.count > Self.mostKept else { return }
        state.kept = state.kept.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        state.distance *= 2
    }

    private func check(_ read: (file: Int, rowGroup: Int), after count: Int) throws(DataOrderError) {
        // A reader is compared with the micro-batch before the one that is fetched ahead.
        guard let position = positions[count], position.file != read.file || position.rowGroup != read.rowGroup else {
            return
        }
        throw .conflict(
            key: "order.tokenizer, order.variant, order.bufferDocuments or order.tokenizerBatch",
            reason:
                "at update \(position.update), counted from 0, the log has the reader at file \(position.file), row group "
                + "\(position.rowGroup), and the replay at file \(read.file), row group \(read.rowGroup); give the settings of "
                + "the run, or leave order.tokenizer out to trace steps to intervals"
        )
    }
}
