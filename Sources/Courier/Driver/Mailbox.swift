import Synchronization

/// Passes everything that has arrived since the last time, all at once, to one consumer.
///
/// It has no limit of its own, and refuses nothing: what appends to it is bounded, and says by what where
/// the mailbox is made.
package final class Mailbox<Item: Sendable>: Sendable {
  private struct State {
    var items: [Item] = []
    var arrived: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  package init() {}

  package func append(_ item: Item) {
    let arrived = state.withLock { state in
      state.items.append(item)
      return state.items.count == 1 ? state.arrived : nil
    }
    arrived?()
  }

  /// Whether nothing has arrived since the last time.
  package var isEmpty: Bool { state.withLock { $0.items.isEmpty } }

  /// Everything that has arrived since the last time; empty where nothing has.
  package func takeAll() -> [Item] {
    state.withLock { state in
      defer { state.items = [] }
      return state.items
    }
  }

  /// Calls `arrived` at once, and whenever something arrives while nothing waits; nil ends it.
  func onArrival(_ arrived: (@Sendable () -> Void)?) {
    state.withLock { $0.arrived = arrived }
    arrived?()
  }
}
