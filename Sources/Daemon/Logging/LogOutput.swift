import Glibc
import Synchronization

/// The one place that writes log lines: to the standard error, to journald, or to a test.
final class LogOutput: Sendable {
  private let write: @Sendable (_ line: [UInt8], _ isUrgent: Bool) -> Void
  private let finish: @Sendable (Duration) -> Void
  private let countDropped: @Sendable () -> Int
  private let settings: Settings
  /// Whether a person reads along in a terminal.
  let isTerminal: Bool
  /// Whether lines for people are in color: in a terminal, unless `NO_COLOR` asks for none.
  let hasColor: Bool
  /// Whether journald reads the standard error.
  let isJournald: Bool

  private init(
    isTerminal: Bool, refusesColor: Bool = false, isJournald: Bool = false,
    settings: Settings = Settings(),
    write: @escaping @Sendable ([UInt8], Bool) -> Void,
    finish: @escaping @Sendable (Duration) -> Void,
    countDropped: @escaping @Sendable () -> Int = { 0 }
  ) {
    self.countDropped = countDropped
    self.isTerminal = isTerminal
    hasColor = isTerminal && !refusesColor
    self.isJournald = isJournald
    self.settings = settings
    self.write = write
    self.finish = finish
  }

  /// Lines go to a closure, for tests.
  convenience init(isTerminal: Bool = false, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.init(isTerminal: isTerminal) { line, _ in
      write(line)
    } finish: { _ in
    }
  }

  /// Lines go to a descriptor; writing one never blocks the caller.
  ///
  /// - Parameters:
  ///   - file: the descriptor, which stays open.
  ///   - environment: the value of a variable of the process.
  convenience init(_ file: Int32, environment: (String) -> String?) {
    let settings = Settings(LogSink(file: file))
    let writer = LineWriter(notice: settings.notice, write: settings.write)
    self.init(
      isTerminal: isatty(file) == 1, refusesColor: environment("NO_COLOR")?.isEmpty == false,
      isJournald: Daemon.isJournald(environment("JOURNAL_STREAM"), readsFrom: file),
      settings: settings,
      write: { line, isUrgent in writer.write(line, isUrgent: isUrgent) },
      finish: { writer.flush(atMost: $0) }, countDropped: { writer.dropped })
  }

  /// Lines go to the standard error.
  static let standardError = LogOutput(STDERR_FILENO) { name in
    getenv(name).map { String(cString: $0) }
  }

  /// The number of lines that were dropped since the start.
  var dropped: Int { countDropped() }

  /// Writes a line; the end of line is added.
  ///
  /// - Parameter isUrgent: whether it has the reason of the process's end, and may use the reserve.
  func line(_ bytes: [UInt8], isUrgent: Bool = false) {
    write(bytes + [UInt8(ascii: "\n")], isUrgent)
  }

  /// Writes the sentence of an error that no logger can log; the end of line is added.
  ///
  /// Journald takes a number in angle brackets at the beginning of a line as its priority.
  func line(_ text: String) {
    let prefix = isJournald && !settings.hasRecords ? "<3>" : ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    line(Array(lines.map { prefix + $0 }.joined(separator: "\n").utf8), isUrgent: true)
  }

  /// Sends the lines of JSON to journald from now on, as records of a program.
  func sendRecords(to journald: JournaldSocket, as program: String) {
    settings.values.withLock {
      $0.sink.journald = journald
      $0.sink.identifier = program
    }
  }

  /// Reports dropped lines in this form from now on.
  func reportDropped(_ form: @escaping @Sendable (Int) -> [UInt8]) {
    settings.values.withLock { $0.notice = form }
  }

  /// Waits until all lines are written, or the time is over: the end of the process.
  func flush(atMost limit: Duration = .seconds(1)) {
    finish(limit)
  }
}

/// What is known of an output's lines only after the first of them, with the configuration.
private final class Settings: Sendable {
  struct Values: Sendable {
    var sink: LogSink
    /// The form of the line about dropped lines; text until there is a logger.
    var notice: @Sendable (Int) -> [UInt8] = { Array("\($0) lines were dropped".utf8) }
  }

  let values: Mutex<Values>

  init(_ sink: LogSink = LogSink(file: -1)) {
    values = Mutex(Values(sink: sink))
  }

  var hasRecords: Bool { values.withLock { $0.sink.journald != nil } }

  @Sendable func notice(_ count: Int) -> [UInt8] {
    values.withLock(\.notice)(count) + [UInt8(ascii: "\n")]
  }

  @Sendable func write(_ lines: [UInt8]) -> Bool {
    values.withLock(\.sink).write(lines)
  }
}
