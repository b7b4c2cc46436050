import FoundationEssentials
import Glibc

/// The failure of writing bytes.
package struct WriteFailure: Error, Hashable, CustomStringConvertible {
  /// The system's number: `EPIPE` for a reader that is gone, `ENOSPC` for a full disk.
  package let code: Int32
  /// The number of bytes that were written before.
  package let written: Int

  /// A failure with the system's number, and the number of bytes written before.
  package init(code: Int32, written: Int) {
    self.code = code
    self.written = written
  }

  /// The system's sentence for the number.
  package var description: String { String(cString: strerror(code)) }
}

/// Writes bytes whole, and waits for a reader that is slow.
///
/// - Returns: why the rest was not written; nil when all was.
@discardableResult
package func writeAll(_ bytes: [UInt8], to file: Int32) -> WriteFailure? {
  bytes.withUnsafeBytes { bytes in
    var done = 0
    while done < bytes.count {
      let written = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written >= 0 {
        done += written
      } else if errno == EAGAIN {
        var interest = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        poll(&interest, 1, -1)
      } else if errno != EINTR {
        return WriteFailure(code: errno, written: done)
      }
    }
    return nil
  }
}

/// Writes whole lines, and waits for a reader that is slow.
///
/// - Returns: whether all of them were written.
func writeLines(_ lines: some Sequence<UInt8>, to file: Int32) -> Bool {
  guard let failure = writeAll(Array(lines), to: file) else { return true }
  // The rest of a line that was cut must not be the beginning of the next.
  if failure.written > 0 { writeAll([UInt8(ascii: "\n")], to: file) }
  return false
}
