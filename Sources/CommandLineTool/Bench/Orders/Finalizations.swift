import Events
import FoundationEssentials
import Synchronization
import ZeroMQ

/// The orders that Alpha finalizes, received from the bus: a customer waits without requests.
final class Finalizations: Sendable {
  private struct State {
    var counts: [String: Int] = [:]
    var waiting: [String: Latch] = [:]
    /// Whether no customer waits any longer.
    var isOver = false
  }

  private let state = Mutex(State())

  /// The orders that were finalized more than once.
  var duplicated: Int { state.withLock { $0.counts.values.count { $0 > 1 } } }

  /// Receives until its task is cancelled.
  ///
  /// - Parameter runs: the folders of the sockets, one for each replica.
  func receive(in runs: [String]) async throws {
    let context = try Context()
    do {
      try await context.withSubscriber(
        connectingTo: runs.map { "ipc://\($0)/alpha.events" }, prefixes: ["alpha/order.finalized/"]
      ) { subscriber in
        for await batch in subscriber.messages {
          for message in batch where message.frames.count == 3 { take(message.frames[2]) }
        }
      }
      await context.close()
    } catch {
      await context.close()
      throw error
    }
  }

  /// Takes the body of an event; the body of a beat has no subject.
  func take(_ body: Data) {
    struct Event: Decodable {
      let subject: String
    }
    guard let order = try? Event(json: body).subject else { return }
    finalize(order)
  }

  private func finalize(_ order: String) {
    state.withLock { state in
      state.counts[order, default: 0] += 1
      return state.waiting.removeValue(forKey: order)
    }?.open()
  }

  /// Waits until an order is finalized.
  ///
  /// - Returns: whether it was, before ``giveUp()``; PUB/SUB may drop an event.
  func wait(for order: String) async -> Bool {
    let latch = Latch()
    let known: Bool? = state.withLock { state in
      if state.counts[order] != nil || state.isOver { return state.counts[order] != nil }
      state.waiting[order] = latch
      return nil
    }
    if let known { return known }
    await latch.wait()
    return state.withLock { state in
      state.waiting[order] = nil
      return state.counts[order] != nil
    }
  }

  /// Ends the waiting of all customers.
  func giveUp() {
    let waiting = state.withLock { state in
      state.isOver = true
      return state.waiting.values
    }
    for latch in waiting { latch.open() }
  }
}
