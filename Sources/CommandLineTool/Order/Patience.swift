/// How long a command waits, and how it looks again and again until then.
struct Patience: Sendable {
  /// The pause between two looks.
  ///
  /// There is no other contract to wait by yet.
  private static let pause = Duration.milliseconds(100)
  /// How long a service that answered before may be away: `up` starts it again meanwhile.
  private static let grace = Duration.seconds(5)

  /// What one look came to.
  enum Look<Value: Sendable>: Sendable {
    case found(Value)
    case notYet
    /// The service says when to ask again.
    case later(Duration)
  }

  let limit: Duration
  let clock: @Sendable () -> Duration
  private let end: Duration

  init(_ limit: Duration, _ clock: @escaping @Sendable () -> Duration) {
    self.limit = limit
    self.clock = clock
    end = clock() + limit
  }

  var isOver: Bool { left == .zero }

  /// How long it still waits.
  var left: Duration { max(end - clock(), .zero) }

  /// Looks until there is something to find.
  ///
  /// - Parameter graceful: whether a service that cannot be reached is waited for a moment.
  /// - Returns: what was found; nil when the time is over.
  /// - Throws: ``Unreachable``, and whatever `look` throws. A question without an answer is asked
  ///   again.
  func untilFound<Value>(
    graceful: Bool, _ look: () async throws -> Look<Value>
  ) async throws -> Value? {
    var awaySince: Duration?
    while true {
      var pause = Self.pause
      do {
        switch try await look() {
        case .found(let value): return value
        case .notYet: break
        case .later(let hint): pause = max(pause, min(hint, .seconds(1)))
        }
        awaySince = nil
      } catch is Unanswered {
        awaySince = nil
      } catch let error as Unreachable {
        let since = awaySince ?? clock()
        awaySince = since
        guard graceful, clock() - since < Self.grace else { throw error }
      }
      try await Task.sleep(for: min(pause, left))
      guard !isOver else { return nil }
    }
  }
}
