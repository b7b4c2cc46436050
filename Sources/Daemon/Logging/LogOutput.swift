import FoundationEssentials
import Glibc
import Synchronization

/// The one place that writes log lines.
final class LogOutput: Sendable {
  private let write: @Sendable ([UInt8]) -> Void
  /// Whether a person reads along in a terminal.
  let isTerminal: Bool

  /// Lines go to a closure, for tests.
  init(isTerminal: Bool = false, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  /// Lines go to the standard error: each in one `write`, so that those of several processes on
  /// one pipe do not mix.
  static let standardError: LogOutput = {
    let turn = Mutex(())
    return LogOutput(isTerminal: isatty(STDERR_FILENO) == 1) { bytes in
      turn.withLock { _ in _ = writeAll(bytes, to: STDERR_FILENO) }
    }
  }()

  /// Writes a line; the end of line is added.
  func line(_ text: String) {
    write(Array(text.utf8) + [UInt8(ascii: "\n")])
  }
}

/// Writes bytes whole.
///
/// A reader that is slow is waited for; one that is gone is no reason to stop the service, and the
/// rest of the line is dropped.
///
/// - Returns: false when the rest was dropped.
@discardableResult
package func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    if written >= 0 {
      rest = rest.dropFirst(written)
    } else if errno == EAGAIN {
      var interest = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
      poll(&interest, 1, -1)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}
