import Events
import Journal
import Logging

/// Logs two conditions of a journal that still works: a write-ahead log that cannot shrink, and a
/// log whose time is ahead of the clock.
struct JournalHealth {
  private var logFile = Reminder()
  private var clock = Reminder()
  private let surroundings: Surroundings
  private let logger: Logger

  init(surroundings: Surroundings, logger: Logger) {
    self.surroundings = surroundings
    self.logger = logger
  }

  /// - Parameters:
  ///   - log: how the write-ahead log is now.
  ///   - head: the end of the event log.
  mutating func look(_ log: LogFile, _ head: Head) {
    let uptime = surroundings.uptime()
    if let moment = logFile.look(log.heldSince != nil, at: uptime) { tell(log, moment) }
    let ahead = head.aheadOfClock(surroundings.now())
    if let moment = clock.look(ahead != nil, at: uptime) { tell(ahead ?? 0, moment) }
  }

  private func tell(_ log: LogFile, _ moment: Reminder.Moment) {
    guard let since = log.heldSince, moment != .isOver else {
      return logger.notice(
        "the write-ahead log of the journal shrinks again, to \(log.bytes) bytes",
        metadata: ["event.action": "journal-log-shrinks"])
    }
    logger.warning(
      """
      the write-ahead log of the journal has \(log.bytes >> 20) MiB and cannot shrink: \
      \(log.holder ?? "another process") has been reading the journal since \(since) or longer. End \
      that read.
      """, metadata: ["event.action": "journal-log-held"])
  }

  private func tell(_ seconds: Int64, _ moment: Reminder.Moment) {
    guard moment != .isOver else {
      return logger.notice(
        "the clock has caught up with the log's time", metadata: ["event.action": "clock-caught-up"]
      )
    }
    logger.warning(
      """
      the time of the last event is \(seconds) s ahead of the clock: until the clock has caught up, \
      new events get times that are as far ahead. Check the clock (timedatectl).
      """, metadata: ["event.action": "clock-behind"])
  }
}

extension Head {
  /// By how many whole seconds the log's time is ahead of the clock; nil for less than five, which
  /// is no cause for concern.
  func aheadOfClock(_ clock: Timestamp) -> Int64? {
    let seconds = committedAt.since(clock).components.seconds
    return seconds < 5 ? nil : seconds
  }
}
