import Dispatch
import Foundation
import Synchronization

/// The output of a process, in order, as a list that can be waited on: the barrier of every test.
///
/// Nothing is polled: a waiting task is woken by the awaited element, or fails when its time is up
/// or no more elements can come.
final class Chronicle<Element: Sendable>: Sendable {
  private struct Waiter {
    let matches: @Sendable (Element) -> Bool
    let continuation: CheckedContinuation<Element, any Error>
  }

  private struct State {
    var elements: [Element] = []
    var isOver = false
    var waiters: [UUID: Waiter] = [:]
  }

  private let state = Mutex(State())

  /// Everything so far.
  var all: [Element] { state.withLock { $0.elements } }

  func append(_ element: Element) {
    let woken = state.withLock { state in
      state.elements.append(element)
      let woken = state.waiters.filter { $0.value.matches(element) }
      for id in woken.keys { state.waiters[id] = nil }
      return woken.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume(returning: element) }
  }

  /// No more elements come; waiting tasks fail.
  func end() {
    let left = state.withLock { state in
      state.isOver = true
      defer { state.waiters = [:] }
      return state.waiters.values.map(\.continuation)
    }
    for continuation in left { continuation.resume(throwing: WaitProblem.over) }
  }

  /// The first element that matches: one that is there already, or else the next one.
  ///
  /// - Parameters:
  ///   - count: the number of existing elements to skip.
  ///   - limit: how long it may take.
  /// - Throws: ``WaitProblem``.
  func first(
    after count: Int = 0, within limit: Duration,
    where matches: @escaping @Sendable (Element) -> Bool
  ) async throws -> Element {
    let id = UUID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enter(id, Waiter(matches: matches, continuation: continuation), after: count)
        DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) {
          self.fail(id, .late)
        }
        if Task.isCancelled { fail(id, .cancelled) }
      }
    } onCancel: {
      fail(id, .cancelled)
    }
  }

  private func enter(_ id: UUID, _ waiter: Waiter, after count: Int) {
    let known: Result<Element, any Error>? = state.withLock { state in
      if let element = state.elements.dropFirst(count).first(where: waiter.matches) {
        return .success(element)
      }
      if state.isOver { return .failure(WaitProblem.over) }
      state.waiters[id] = waiter
      return nil
    }
    if let known { waiter.continuation.resume(with: known) }
  }

  private func fail(_ id: UUID, _ problem: WaitProblem) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
    waiter?.continuation.resume(throwing: problem)
  }
}

/// The reason for which an awaited element did not come.
enum WaitProblem: Error {
  /// The time was up.
  case late
  /// The process has ended.
  case over
  /// The test was given up.
  case cancelled
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
