package import Courier
import Events
package import Journal
package import Logging
package import Runtime

/// Maintains a journal: retries failed events, removes events from the log that no consumer needs
/// any more, and checks its files.
package struct UpkeepProcess: Process {
  package enum Input: Sendable {
    case started
    /// After a commit an event may be deferred, or another replica has committed.
    case committed
    /// The retention was changed, perhaps more than once; the last one counts.
    case changed([Retention])
    /// Whether an event is due to be retried, and whether any event is to be retried at all.
    case retries(isDue: Bool, isAny: Bool)
    case retried
    /// A piece of the log was removed.
    case pruned(Int)
    /// The write-ahead log after an attempt to shrink it.
    case looked(LogFile)
    /// The clocks at a look.
    case clock(ClockStatus)
    case failed(any Error)
    case woke
  }

  package enum Action: Sendable {
    /// Shrink the write-ahead log, and look at it.
    case shrinkLogFile
    /// Look at the clocks.
    case lookAtClock
    case log(UpkeepLine)
  }

  /// The intervals of the work, and the amount at once.
  package struct Settings: Sendable {
    /// The interval at which due events are retried.
    package var retrying = Duration.milliseconds(200)
    /// The interval at which the clocks are looked at.
    package var watching = Duration.seconds(1)
    /// The interval of pruning.
    package var pruning = Duration.seconds(10)
    /// The number of events that are removed at once; a full piece is followed by the next.
    package var pieces = 500

    package init() {}
  }

  package static let start = Input.started
  package static let wake = Input.woke

  private var retention: Retention
  private let settings: Settings
  private let wallClock: @Sendable () -> Timestamp
  private var health = JournalHealth()
  private var removed = 0
  /// Whether a piece of the log may be left to be pruned.
  private var isPruning = false
  /// The time of the next look for retries; nil while no event is to be retried.
  private var retriesAt: Duration? = .zero
  private var prunesAt = Duration.zero
  private var watchesAt = Duration.zero

  /// - Parameters:
  ///   - retention: the retention of the log.
  ///   - wallClock: the time by which retries are due.
  package init(
    _ retention: Retention, settings: Settings = Settings(),
    wallClock: @escaping @Sendable () -> Timestamp
  ) {
    self.retention = retention
    self.settings = settings
    self.wallClock = wallClock
  }

  package mutating func handle(_ input: Input, at now: Duration, random: () -> UInt64)
    -> [Effect<Input, Action>]
  {
    let effects = decide(input, at: now)
    let times = [retriesAt, prunesAt, watchesAt, isPruning ? now : nil].compactMap(\.self)
    return [.wake(at: times.min() ?? prunesAt)] + effects
  }

  private mutating func decide(_ input: Input, at now: Duration) -> [Effect<Input, Action>] {
    switch input {
    case .started:
      prunesAt = now + settings.pruning
      watchesAt = now + settings.watching
      return []
    case .committed:
      retriesAt = retriesAt ?? now + settings.retrying
      return []
    case .changed(let retentions):
      retention = retentions.last ?? retention
      return []
    case .retries(let isDue, let isAny):
      if !isAny { retriesAt = nil }
      return isDue ? [retry] : []
    case .retried: return []
    case .pruned(let count):
      removed += count
      isPruning = count > 0
      guard count == 0, removed > 0 else { return [] }
      defer { removed = 0 }
      let line = "\(removed) events are needed no more, and left the log"
      return [.perform(.log(UpkeepLine(.info, text: line)))]
    case .looked(let file): return health.look(file, at: now).map { .perform(.log($0)) }
    case .clock(let status): return health.look(status, at: now).map { .perform(.log($0)) }
    case .failed(let error): return [.perform(.log(Self.line(about: error)))]
    case .woke: return wake(at: now)
    }
  }

  private mutating func wake(at now: Duration) -> [Effect<Input, Action>] {
    var effects: [Effect<Input, Action>] = []
    if now >= watchesAt {
      watchesAt = now + settings.watching
      effects.append(.perform(.lookAtClock))
    }
    let isDue = now >= prunesAt
    if isDue {
      prunesAt = now + settings.pruning
      effects.append(.perform(.shrinkLogFile))
    }
    if isPruning || isDue { effects.append(prune) }
    isPruning = false
    // It comes last: a failed effect drops those after it, and no work has a shorter interval.
    if let due = retriesAt, now >= due {
      retriesAt = now + settings.retrying
      effects.append(lookForRetries)
    }
    return effects
  }

  // MARK: Work

  private var lookForRetries: Effect<Input, Action> {
    .read(
      Read { [wallClock] snapshot in
        let isDue = try snapshot.hasDueRetry(at: wallClock())
        return .retries(isDue: isDue, isAny: try isDue || snapshot.hasDueRetry(at: .latest))
      } recover: {
        Self.recover($0)
      })
  }

  private var retry: Effect<Input, Action> {
    .write(
      Write { transaction in
        try transaction.retryDue()
        return .retried
      } recover: {
        Self.recover($0)
      })
  }

  private var prune: Effect<Input, Action> {
    .write(
      Write { [retention, settings] transaction in
        .pruned(
          try transaction.prune(
            retention, asOf: transaction.trustedNow, limit: settings.pieces))
      } recover: {
        Self.recover($0)
      })
  }

  /// Failed work is tried again later; only a cancellation ends the process.
  private static func recover(_ error: any Error) -> Input? {
    error is CancellationError ? nil : .failed(error)
  }

  /// A journal that has lost history waits for its operator.
  ///
  /// A commit that failed ends the daemon, by the watch over the journal.
  private static func line(about error: any Error) -> UpkeepLine {
    error is HistoryLost
      ? UpkeepLine(.debug, text: "\(error)")
      : UpkeepLine(
        .error, text: "the upkeep of the journal has failed, and is tried again: \(error)")
  }
}

/// A log line of the upkeep.
package struct UpkeepLine: Hashable, Sendable {
  package let level: Logger.Level
  package let text: String
  /// The ECS action; nil where it has none.
  package let action: String?

  package init(_ level: Logger.Level, text: String, action: String? = nil) {
    self.level = level
    self.text = text
    self.action = action
  }
}

extension Timestamp {
  /// Later than every time that a journal stores.
  fileprivate static var latest: Timestamp { Timestamp(microseconds: UInt64(Int64.max)) }
}

extension Retention {
  /// The settings of a service's configuration.
  ///
  /// - Parameter forever: the types of the events that never go.
  package init(_ configuration: ServiceConfiguration, forever: Set<String>) {
    let patience = configuration[RetentionKeys.patience]
    self.init(
      age: configuration[RetentionKeys.age], forever: forever,
      watchers: Dictionary(
        configuration[RetentionKeys.watchers()].map { ($0, patience) }, uniquingKeysWith: { $1 }))
  }
}
