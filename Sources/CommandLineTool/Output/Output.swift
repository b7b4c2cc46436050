import Daemon
import Glibc
import Runtime
import Synchronization

/// A place for lines: data on the standard output, notes on the standard error.
///
/// A line leaves at once, so that lines of several tasks and processes do not mix, and a reader
/// behind a pipe does not wait.
final class Output: Sendable {
  /// The result of a command.
  ///
  /// It waits for a slow reader: no line may be missing.
  static let data = Output(isTerminal: isatty(STDOUT_FILENO) == 1) {
    writeAll($0, to: STDOUT_FILENO)
  }
  /// Notes and errors for people.
  ///
  /// It waits a second for a reader that is stuck.
  static let notes = Output(
    noteWriter, waiting: .seconds(1), isTerminal: isatty(STDERR_FILENO) == 1)
  /// Notes of what goes on for days, and must not be held up: lines are dropped and counted where
  /// the reader is stuck.
  static let streamedNotes = Output(
    noteWriter, waiting: nil, isTerminal: isatty(STDERR_FILENO) == 1)
  /// Data that is not waited for either.
  static let streamedData = Output(
    LineWriter(STDOUT_FILENO, notice: dropped), waiting: nil,
    isTerminal: isatty(STDOUT_FILENO) == 1)

  /// JSON objects on lines, which are not waited for either.
  static let streamedJSON = Output(
    LineWriter(STDOUT_FILENO, notice: droppedJSON), waiting: nil,
    isTerminal: isatty(STDOUT_FILENO) == 1)

  private static let noteWriter = LineWriter(STDERR_FILENO, notice: dropped)

  /// Whether a person reads along, so that colors help.
  let isTerminal: Bool
  private let write: @Sendable ([UInt8]) -> WriteFailure?
  private let finish: @Sendable (Duration) -> Void
  /// The first failure of writing a line; one line at a time is written under its lock.
  private let firstFailure = Mutex<WriteFailure?>(nil)
  /// Whether a bar is at the cursor, which the next line replaces.
  private let hasBar = Mutex(false)

  /// - Parameter write: takes the bytes of whole lines, and returns why they could not be written.
  init(
    isTerminal: Bool = false, finish: @escaping @Sendable (Duration) -> Void = { _ in },
    write: @escaping @Sendable ([UInt8]) -> WriteFailure?
  ) {
    self.isTerminal = isTerminal
    self.finish = finish
    self.write = write
  }

  private convenience init(_ writer: LineWriter, waiting limit: Duration?, isTerminal: Bool) {
    self.init(isTerminal: isTerminal, finish: writer.flush) { line in
      writer.write(line)
      if let limit { writer.flush(atMost: limit) }
      return nil
    }
  }

  /// The failure of writing a line; nil without one.
  var failure: WriteFailure? { firstFailure.withLock(\.self) }

  /// Writes a line; the end of line is added.
  ///
  /// - Returns: false when it could not be written, and nothing that comes after it either.
  @discardableResult
  func line(_ text: String) -> Bool {
    line(Array(text.utf8))
  }

  /// Writes a line; the end of line is added.
  ///
  /// - Returns: false when it could not be written, and nothing that comes after it either.
  @discardableResult
  func line(_ bytes: [UInt8]) -> Bool {
    firstFailure.withLock { failure in
      let clearing = hasBar.withLock { shown in
        defer { shown = false }
        return shown ? Array("\u{1b}[K".utf8) : []
      }
      if failure == nil { failure = write(clearing + bytes + [UInt8(ascii: "\n")]) }
      return failure == nil
    }
  }

  /// Shows a text at a terminal in the place of the one before, until the next line.
  func bar(_ text: String) {
    firstFailure.withLock { failure in
      hasBar.withLock { $0 = true }
      if failure == nil { failure = write(Array("\u{1b}[K\(text)\r".utf8)) }
    }
  }

  /// Waits until all lines are written, or the time is over.
  func flush(atMost limit: Duration = .seconds(1)) {
    finish(limit)
  }

  private static func dropped(_ count: Int) -> [UInt8] {
    Array("eventually: \(count) lines were dropped here: the output did not take them\n".utf8)
  }
}

extension Output {
  /// The line, by the Elastic Common Schema, that reports dropped lines.
  private static func droppedJSON(_ count: Int) -> [UInt8] {
    let now = RuntimeContext.system.now()
    let message = "\(count) lines were dropped here: the output did not take them"
    return Array(
      (#"{"@timestamp":"\#(now)","log.level":"warning","message":"\#(message)","#
        + #""ecs.version":"8.11.0","service.name":"up","labels.dropped_lines":\#(count)}"# + "\n")
        .utf8)
  }
}

/// The ways in which a terminal shows text.
enum Style: String {
  case dim = "2"
  case bold = "1"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case blue = "34"
  case magenta = "35"
  case cyan = "36"
}

extension String {
  /// The text as a terminal shows it in a style; unchanged where no person reads.
  func styled(_ style: Style, if isTerminal: Bool) -> String {
    isTerminal ? "\u{1b}[\(style.rawValue)m\(self)\u{1b}[0m" : self
  }

  /// The text with spaces after it, so that columns line up.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
