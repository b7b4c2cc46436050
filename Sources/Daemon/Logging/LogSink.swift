import Glibc

/// Where lines go: to a descriptor, or to journald.
struct LogSink: Sendable {
  let file: Int32
  /// Takes records instead of lines; what it refuses is a line on the descriptor.
  var journald: JournaldSocket?
  /// The name of the program in the records.
  var identifier = ""

  /// Writes whole lines.
  ///
  /// - Returns: false when a line could not be written to either.
  func write(_ lines: [UInt8]) -> Bool {
    guard let journald else { return writeLines(lines, to: file) }
    return lines.split(separator: UInt8(ascii: "\n")).reduce(true) { isWritten, line in
      if journald.send(JournaldRecord(line, from: identifier).bytes) { return isWritten }
      return writeLines(line + [UInt8(ascii: "\n")], to: file) && isWritten
    }
  }
}

/// Whether journald reads a descriptor.
///
/// A child whose output goes elsewhere inherits the variable, so the descriptor must be the very one.
///
/// - Parameters:
///   - stream: the value of `JOURNAL_STREAM`: a device and an inode, `8:1234`.
///   - file: the descriptor.
package func isJournald(_ stream: String?, readsFrom file: Int32) -> Bool {
  var status = stat()
  guard let stream, fstat(file, &status) == 0 else { return false }
  return stream == "\(status.st_dev):\(status.st_ino)"
}
