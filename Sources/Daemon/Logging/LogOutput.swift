import Glibc
import Synchronization

/// The one place that writes log lines: to the standard error, or to a test.
final class LogOutput: Sendable {
  private let write: @Sendable (_ line: [UInt8], _ isUrgent: Bool) -> Void
  private let finish: @Sendable (Duration) -> Void
  private let countDropped: @Sendable () -> Int
  private let notice: Notice
  /// Whether a person reads along in a terminal.
  let isTerminal: Bool
  /// Whether lines for people are in color: in a terminal, unless `NO_COLOR` asks for none.
  let hasColor: Bool

  private init(
    isTerminal: Bool, refusesColor: Bool = false, notice: Notice = Notice(),
    write: @escaping @Sendable ([UInt8], Bool) -> Void,
    finish: @escaping @Sendable (Duration) -> Void,
    countDropped: @escaping @Sendable () -> Int = { 0 }
  ) {
    self.countDropped = countDropped
    self.isTerminal = isTerminal
    hasColor = isTerminal && !refusesColor
    self.notice = notice
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

  /// Lines go to the standard error; writing one never blocks the caller.
  static let standardError: LogOutput = {
    let notice = Notice()
    let writer = LineWriter(STDERR_FILENO) { notice.line($0) }
    return LogOutput(
      isTerminal: isatty(STDERR_FILENO) == 1,
      refusesColor: getenv("NO_COLOR").map { $0.pointee != 0 } ?? false, notice: notice,
      write: { line, isUrgent in writer.write(line, isUrgent: isUrgent) },
      finish: { writer.flush(atMost: $0) }, countDropped: { writer.dropped })
  }()

  /// The number of lines that were dropped since the start.
  var dropped: Int { countDropped() }

  /// Writes a line; the end of line is added.
  ///
  /// - Parameter isUrgent: whether it has the reason of the process's end, and may use the reserve.
  func line(_ bytes: [UInt8], isUrgent: Bool = false) {
    write(bytes + [UInt8(ascii: "\n")], isUrgent)
  }

  /// Writes a line; the end of line is added.
  func line(_ text: String) {
    line(Array(text.utf8), isUrgent: true)
  }

  /// Reports dropped lines in this form from now on.
  func reportDropped(_ form: @escaping @Sendable (Int) -> [UInt8]) {
    notice.form.withLock { $0 = form }
  }

  /// Waits until all lines are written, or the time is over: the end of the process.
  func flush(atMost limit: Duration = .seconds(1)) {
    finish(limit)
  }
}

/// The form of the line about dropped lines; text until there is a logger.
private final class Notice: Sendable {
  let form = Mutex<@Sendable (Int) -> [UInt8]> { Array("\($0) lines were dropped".utf8) }

  func line(_ count: Int) -> [UInt8] {
    form.withLock(\.self)(count) + [UInt8(ascii: "\n")]
  }
}
