import CTransformer
import Synchronization

/// The C side's room for the activations of one sequence.
///
/// `@unchecked Sendable`: a workspace has one owner at a time. `WorkspacePool` hands it to one worker and gets it back.
final class Workspace: @unchecked Sendable {
    let pointer: OpaquePointer
    let tokens: Int
    let backward: Bool

    init(_ description: TransformerDescription, tokens: Int, backward: Bool) throws(ReplayError) {
        var c = description.c
        guard let pointer = ct_workspace_make(&c, tokens, backward) else {
            throw .outOfMemory(bytes: Int(clamping: ct_workspace_bytes(&c, tokens, backward)))
        }
        self.pointer = pointer
        self.tokens = tokens
        self.backward = backward
    }

    deinit { ct_workspace_free(pointer) }
}

/// Workspaces of one model that wait for their next use, so that a training step does not allocate.
final class WorkspacePool: Sendable {
    private let description: TransformerDescription
    private let free = Mutex<[Workspace]>([])

    init(_ description: TransformerDescription) { self.description = description }

    func take(tokens: Int, backward: Bool) throws(ReplayError) -> Workspace {
        let found = free.withLock { free -> Workspace? in
            guard let index = free.firstIndex(where: { $0.tokens == tokens && $0.backward == backward }) else {
                free.removeAll()
                return nil
            }
            return free.remove(at: index)
        }
        if let found { return found }
        return try Workspace(description, tokens: tokens, backward: backward)
    }

    func giveBack(_ workspace: Workspace) {
        free.withLock { $0.append(workspace) }
    }
}
