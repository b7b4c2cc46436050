import Daemon
import Glibc
import Synchronization

/// A place for lines: data on the standard output, notes on the standard error.
///
/// A line is one `write`, and leaves at once, so that lines of several tasks and processes do not
/// mix, and a reader behind a pipe does not wait.
final class Output: Sendable {
  static let data = Output(file: STDOUT_FILENO)
  static let notes = Output(file: STDERR_FILENO)

  /// Whether a person reads along, so that colors help.
  let isTerminal: Bool
  private let write: @Sendable ([UInt8]) -> Bool
  private let turn = Mutex(())

  /// - Parameter write: takes the bytes of whole lines; false when nobody reads them any more.
  init(isTerminal: Bool = false, write: @escaping @Sendable ([UInt8]) -> Bool) {
    (self.isTerminal, self.write) = (isTerminal, write)
  }

  private convenience init(file: Int32) {
    self.init(isTerminal: isatty(file) == 1) { writeAll($0, to: file) }
  }

  /// Writes a line; the end of line is added.
  ///
  /// - Returns: false when the reader has gone.
  @discardableResult
  func line(_ text: String) -> Bool {
    let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
    return turn.withLock { _ in write(bytes) }
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

  /// The text without the characters that would end the line or speak to the terminal.
  var onOneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? " " : $0 }))
  }
}
