import Events
import Journal
import Logging
import Runtime

/// Notices conditions of a journal that still works: a write-ahead log that cannot shrink, a wall
/// clock in doubt, and a log whose time is ahead of the clock.
///
/// A value without I/O.
struct JournalHealth: Sendable {
  private var logFile = Reminder()
  private var clock = Reminder()
  private var doubt: ClockDoubt?

  /// - Parameters:
  ///   - log: how the write-ahead log is now.
  ///   - uptime: the monotonic clock.
  /// - Returns: the lines that are due now.
  mutating func look(_ log: LogFile, at uptime: Duration) -> [UpkeepLine] {
    logFile.look(log.heldSince != nil, at: uptime).map { [line(about: log, $0)] } ?? []
  }

  /// - Parameters:
  ///   - status: the clocks now, beside the log.
  ///   - uptime: the monotonic clock.
  /// - Returns: the lines that are due now.
  mutating func look(_ status: ClockStatus, at uptime: Duration) -> [UpkeepLine] {
    let change = doubt == status.doubt ? nil : line(about: status.doubt)
    doubt = status.doubt
    // It may last for years.
    let moment = clock.look(status.behindLog != nil, at: uptime).flatMap { $0 == .lasts ? nil : $0 }
    let behind = moment.map { line(about: status, $0) }
    return [change, behind].compactMap(\.self)
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

  private func line(about doubt: ClockDoubt?) -> UpkeepLine {
    guard let doubt else {
      return UpkeepLine(
        .notice, text: "the wall clock is trusted again: data is removed by its age on it",
        action: "clock-trusted")
    }
    return UpkeepLine(.warning, text: doubt.sentence, action: "clock-doubted")
  }

  private func line(about status: ClockStatus, _ moment: Reminder.Moment) -> UpkeepLine {
    guard let sentence = status.sentenceBehindLog, moment != .isOver else {
      return UpkeepLine(
        .notice, text: "the clock has caught up with the log's time", action: "clock-caught-up")
    }
    return UpkeepLine(.warning, text: sentence, action: "clock-behind")
  }
}

// MARK: For people

extension ClockStatus {
  /// The facts that need attention, each a sentence with a remedy.
  var attention: [String] { [doubt?.sentence, sentenceBehindLog].compactMap(\.self) }

  fileprivate var sentenceBehindLog: String? {
    behindLog.map { distance in
      """
      the time of the last event is \(distance.components.seconds) s (\(distance.roughly)) ahead of \
      the clock: until \(lastCommit) new events get that time. Check the clock (timedatectl).
      """
    }
  }
}

extension ClockDoubt {
  fileprivate var sentence: String {
    let change =
      switch cause {
      case .jump where distance < .zero:
        "the wall clock was set back by \(figures) to \(wall)"
      case .jump: "the wall clock has jumped ahead by \(figures) to \(wall)"
      case .start: "the wall clock is \(figures) ahead of the log, at \(wall)"
      }
    return """
      \(change): until it has continued from there for an hour, nothing is removed by its age on it. \
      Check the clock (timedatectl).
      """
  }

  private var figures: String {
    let size = distance < .zero ? .zero - distance : distance
    return "\(size.components.seconds) s (\(size.roughly))"
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
