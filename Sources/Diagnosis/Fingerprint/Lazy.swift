import Synchronization

/// A value that is made when it is first asked for, once for all copies of what holds it.
package final class Lazy<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)

    /// Creates it, without the value.
    package init() {}

    /// The value; `make` must give the same one whoever asks.
    package func value(_ make: () -> Value) -> Value {
        state.withLock { value in
            if let value { return value }
            let made = make()
            value = made
            return made
        }
    }
}
