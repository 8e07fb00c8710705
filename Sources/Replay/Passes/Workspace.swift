import CTransformer
import Synchronization

/// The C side's room for the activations of one sequence.
///
/// `@unchecked Sendable`: a workspace has one owner at a time. Each worker of a pass has its own.
final class Workspace: @unchecked Sendable {
    let pointer: OpaquePointer
    let tokens: Int
    let backward: Bool
    let workers: Int

    init(
        _ description: TransformerDescription,
        tokens: Int,
        backward: Bool,
        workers: Int
    ) throws(ReplayError) {
        var c = description.c
        guard let pointer = ct_workspace_make(&c, tokens, backward, workers) else {
            throw .outOfMemory(bytes: Int(clamping: ct_workspace_bytes(&c, tokens, backward, workers)))
        }
        self.pointer = pointer
        self.tokens = tokens
        self.backward = backward
        self.workers = workers
    }

    deinit { ct_workspace_free(pointer) }
}

/// Workspaces of one model that wait for their next use, so that a training step does not allocate.
final class WorkspacePool: Sendable {
    private let description: TransformerDescription
    private let free = Mutex<[Workspace]>([])

    init(_ description: TransformerDescription) { self.description = description }

    /// Workspaces for `count` passes at once, each of a team of up to `workers`. Waiting ones of another size are let go.
    func take(_ count: Int, tokens: Int, backward: Bool, workers: Int) throws(ReplayError) -> [Workspace] {
        var taken = free.withLock { free -> [Workspace] in
            let fitting = free.filter { $0.tokens == tokens && $0.backward == backward && $0.workers == workers }
            free = Array(fitting.dropFirst(count))
            return Array(fitting.prefix(count))
        }
        while taken.count < count {
            taken.append(try Workspace(description, tokens: tokens, backward: backward, workers: workers))
        }
        return taken
    }

    func giveBack(_ workspaces: [Workspace]) {
        free.withLock { $0.append(contentsOf: workspaces) }
    }
}
