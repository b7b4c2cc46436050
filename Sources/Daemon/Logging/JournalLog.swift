import Events
import Journal
import Logging
import ServiceLifecycle
import Synchronization

/// Logs the outcomes of events after each commit, and the finding that the journal has lost a part
/// of its history.
///
/// It is the journal's own report rather than a reader of its commits, so that the lines are
/// written before the command is answered.
struct OutcomeLog: Sendable {
  private let logger: Logger
  private let lossReport = Once()

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Logs a commit.
  func callAsFunction(_ commit: ServiceJournal.Commit) {
    if let loss = commit.head.loss, lossReport.first() {
      logger.error("\(loss)", metadata: ["event.action": "history-lost"])
    }
    for note in commit.outcomes where note.level >= logger.logLevel {
      let note = note.read
      logger.log(level: note.level, "\(note.sentence)", metadata: note.logFields)
    }
  }
}

/// Logs the obstacles of a journal.
struct ObstacleLog: Service {
  private let changes: AsyncStream<Obstacle.Change>
  private let logger: Logger

  init(_ journal: ServiceJournal, logger: Logger) {
    changes = journal.obstacles()
    self.logger = logger
  }

  /// Logs each change until the shutdown; those that were reported before it are logged too.
  func run() async {
    await cancelWhenGracefulShutdown {
      for await change in changes { logger.log(change) }
    }
  }
}

extension Logger {
  /// Logs the obstacle that keeps a journal from working, and its end.
  fileprivate func log(_ change: Obstacle.Change) {
    switch change {
    case .met(let obstacle):
      warning(
        "\(obstacle.work) waits: \(obstacle.error)", error: obstacle.error,
        metadata: ["event.action": "journal-waits", "error.code": "\(obstacle.error.code)"])
    case .passed(let obstacle, let time):
      notice(
        "\(obstacle.work) continues, after it has waited for \(time.components.seconds) s",
        metadata: ["event.action": "journal-continues", "error.code": "\(obstacle.error.code)"])
    }
  }
}

/// Returns true once.
private final class Once: Sendable {
  private let isDone = Mutex(false)

  func first() -> Bool {
    isDone.withLock { isDone in
      defer { isDone = true }
      return !isDone
    }
  }
}

extension EventOutcome {
  /// The outcome of the event, for example `order.approved emitted`.
  var sentence: String {
    switch kind {
    case .emitted: "\(topic.type) emitted"
    case .applied: "\(topic.type) applied"
    case .waiting(let reason): "\(topic.type) waits: \(reason)"
    case .retrying(let reason, let attempt):
      "\(topic.type) failed at attempt \(attempt), and is tried again: \(reason)"
    case .dead(let reason): "\(topic.type) is a dead letter: \(reason)"
    case .discarded: "\(topic.type) was a dead letter, and is discarded"
    case .behind: "\(topic.type) is held back by an earlier event of its subject"
    case .unknown: "\(topic.type) has no reaction here"
    }
  }

  /// A person should look at what waits or is dead.
  ///
  /// An order has one line at info for each of its events, where it is emitted; the rest is for a
  /// search.
  var level: Logger.Level {
    switch kind {
    case .waiting, .retrying, .dead: .warning
    case .discarded: .notice
    case .emitted, .behind: .info
    case .applied, .unknown: .debug
    }
  }

  /// The fields of the line.
  var logFields: Logger.Metadata {
    var fields = correlation?.logFields ?? [:]
    // The work of a request is done in the service that received it, so the id belongs only to the
    // events emitted there.
    if kind != .emitted { fields["http.request.id"] = nil }
    fields["event.action"] = "\(topic.type)"
    fields["event.sequence"] = .stringConvertible(sequence)
    fields["labels.stream"] = "\(topic.stream)"
    if let id { fields["event.id"] = "\(id)" }
    // The first word of an event's type is the thing that it is about: `order.approved`.
    if let thing = topic.type.split(separator: ".").first, !subject.isEmpty {
      fields["labels.\(thing)_id"] = "\(subject)"
    }
    switch kind {
    case .waiting(let reason), .retrying(let reason, _), .dead(let reason):
      fields["event.reason"] = "\(reason)"
      fields["event.outcome"] = "failure"
      fields["error.message"] = "\(reason)"
    case .emitted, .applied, .discarded: fields["event.outcome"] = "success"
    case .behind, .unknown: fields["event.outcome"] = "unknown"
    }
    return fields
  }
}
