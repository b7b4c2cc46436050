// Asks the gateway for the charges that are due, a few at a time, and stores its answers. A call that
// was made and not stored is made again after a crash, with the same key.

package import Courier
package import Daemon
package import Logging

/// The calls to the payment gateway.
package struct ChargingProcess: Process {
  package enum Input: Sendable {
    case started
    /// Something was committed.
    case committed
    /// Charges that are due, in order.
    case due([GatewayCall])
    /// Calls have ended.
    case ended([EndedCall])
    /// The result of a call was stored.
    case stored(GatewayCall)
    /// The result of a call could not be stored.
    case unstored(EndedCall, any Error)
    case woke
  }

  package enum Action: Sendable {
    /// Call the gateway; the input ``Input/ended(_:)`` comes later.
    case call(GatewayCall)
    case log(Logger.Level, String, GatewayCall)
  }

  /// A call with its result.
  package struct EndedCall: Sendable {
    package let call: GatewayCall
    /// The answer; nil where the call failed, and is made again.
    package let answer: GatewayAnswer?
    /// The failure of the call.
    package let failure: String?

    init(_ call: GatewayCall, answer: GatewayAnswer?, failure: String? = nil) {
      self.call = call
      self.answer = answer
      self.failure = failure
    }

    /// - Parameter result: the gateway's answer, or the failure of the call.
    package init(_ call: GatewayCall, result: Result<GatewayAnswer, any Error>) {
      switch result {
      case .success(let answer): self.init(call, answer: answer)
      case .failure(let error): self.init(call, answer: nil, failure: "\(error)")
      }
    }
  }

  package static let start = Input.started
  package static let wake = Input.woke
  private static let interval = Duration.milliseconds(200)

  private let clock: @Sendable () -> Timestamp
  private var charging: Charging
  private var startedAt: Timestamp?

  /// - Parameters:
  ///   - concurrency: how many calls are made at once.
  ///   - clock: the time by which charges are due.
  package init(concurrency: Int, clock: @escaping @Sendable () -> Timestamp) {
    charging = Charging(concurrency: concurrency)
    self.clock = clock
  }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    switch input {
    case .started:
      startedAt = clock()
      return wake(at: now)
    case .committed: return look()
    case .due(let calls):
      return charging.take(calls).flatMap { [announce($0), .perform(.call($0))] }
    case .ended(let calls):
      return calls.flatMap(complain) + [.write(calls.map { store($0, random: random()) })]
    case .stored(let call):
      charging.end(call)
      return []
    case .unstored(let ended, let error):
      let line = """
        the gateway's answer for order \(ended.call.order) cannot be stored, it is asked again: \
        \(error)
        """
      return [
        .perform(.log(.error, line, ended.call)),
        .write(write(EndedCall(ended.call, answer: nil), random: random()) { _ in nil }),
      ]
    case .woke: return wake(at: now)
    }
  }

  private func wake(at now: Duration) -> [Effect<Input, Action>] {
    [.wake(at: now + Self.interval)] + look()
  }

  /// Reads the charges that are due, where another call may be made.
  private func look() -> [Effect<Input, Action>] {
    charging.looksAt.map { [read(limit: $0)] } ?? []
  }

  private func read(limit: Int) -> Effect<Input, Action> {
    .read(
      Read(isShort: true) { [clock, asking = charging.asking] snapshot in
        // A charge that could not be published must not be made: an operator decides first.
        try snapshot.head().lost == nil
          ? .due(try snapshot.gatewayCalls(at: clock(), limit: limit, beside: asking)) : .due([])
      })
  }

  private func store(_ ended: EndedCall, random: UInt64) -> Write<Input> {
    write(ended, random: random) { error in
      if error is HistoryLost { return .stored(ended.call) }
      if let failure = error as? JournalError, !failure.isOfTheWork { return nil }
      return error is CancellationError ? nil : .unstored(ended, error)
    }
  }

  private func write(
    _ ended: EndedCall, random: UInt64, recover: @escaping @Sendable (any Error) -> Input?
  ) -> Write<Input> {
    Write(
      { transaction in
        try transaction.end(ended.call, with: ended.answer, random: random)
        return .stored(ended.call)
      }, recover: recover)
  }

  /// A first call is the normal run of things; what follows a failure or a crash is not.
  private func announce(_ call: GatewayCall) -> Effect<Input, Action> {
    // Due before this start, it may have been made already: the gateway knows its key.
    let isResumed = startedAt.map { call.dueAt < $0 } ?? false
    let line =
      "charging order \(call.order), attempt \(call.attempt)"
      + (isResumed ? ", resumed after a restart" : "")
    return .perform(.log(isResumed || call.attempt > 1 ? .info : .debug, line, call))
  }

  private func complain(_ ended: EndedCall) -> [Effect<Input, Action>] {
    guard let failure = ended.failure else { return [] }
    let line =
      "the gateway did not charge order \(ended.call.order), it is asked again: \(failure)"
    return [.perform(.log(.warning, line, ended.call))]
  }
}
