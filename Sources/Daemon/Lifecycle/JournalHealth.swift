import Events
import Journal
import Logging
import Runtime

/// Notices two conditions of a journal that still works: a write-ahead log that cannot shrink, and a
/// log whose time is ahead of the clock.
///
/// A value without I/O.
struct JournalHealth: Sendable {
  private var logFile = Reminder()
  private var clock = Reminder()

  /// - Parameters:
  ///   - log: how the write-ahead log is now.
  ///   - head: the end of the event log.
  ///   - wallClock: the wall clock.
  ///   - uptime: the monotonic clock.
  /// - Returns: the lines that are due now.
  mutating func look(
    _ log: LogFile, head: Head, clock wallClock: Timestamp, at uptime: Duration
  ) -> [UpkeepLine] {
    let ahead = head.aheadOfClock(wallClock)
    return [
      logFile.look(log.heldSince != nil, at: uptime).map { line(about: log, $0) },
      clock.look(ahead != nil, at: uptime).map { line(about: ahead ?? 0, $0) },
    ].compactMap(\.self)
  }

  private func line(about log: LogFile, _ moment: Reminder.Moment) -> UpkeepLine {
    guard let since = log.heldSince, moment != .isOver else {
      return UpkeepLine(
        .notice, text: "the write-ahead log of the journal shrinks again, to \(log.bytes) bytes",
        action: "journal-log-shrinks")
    }
    return UpkeepLine(
      .warning,
      text: """
        the write-ahead log of the journal has \(log.bytes >> 20) MiB and cannot shrink: \
        \(log.holder ?? "another process") has been reading the journal since \(since) or longer. End \
        that read.
        """, action: "journal-log-held")
  }

  private func line(about seconds: Int64, _ moment: Reminder.Moment) -> UpkeepLine {
    guard moment != .isOver else {
      return UpkeepLine(
        .notice, text: "the clock has caught up with the log's time", action: "clock-caught-up")
    }
    return UpkeepLine(
      .warning,
      text: """
        the time of the last event is \(seconds) s ahead of the clock: until the clock has caught up, \
        new events get times that are as far ahead. Check the clock (timedatectl).
        """, action: "clock-behind")
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
