/// The time for which a command waits, with its repeated looks.
struct Patience: Sendable {
  /// The pause between two looks.
  ///
  /// No other contract for waiting exists yet.
  private static let pause = Duration.milliseconds(100)
  /// The time for which a service that answered before may be away: `up` restarts it meanwhile.
  private static let grace = Duration.seconds(5)

  /// The result of one look.
  enum Look<Value: Sendable>: Sendable {
    case found(Value)
    case notYet
    /// The service has named the time of the next request.
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

  /// The remaining time.
  var left: Duration { max(end - clock(), .zero) }

  /// Looks until it finds a value.
  ///
  /// - Parameter graceful: whether to wait a moment for a service that cannot be reached.
  /// - Returns: the value; nil when the time is over.
  /// - Throws: ``Unreachable``, and the error of `look`. A request without an answer is repeated.
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
