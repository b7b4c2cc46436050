import Events
import FoundationEssentials
import Synchronization

/// The last line of a process, which usually has the reason of its end.
final class LastWords: Sendable {
  private let line = Mutex<[UInt8]>([])

  var text: String { Self.message(String(decoding: line.withLock(\.self), as: UTF8.self)) }

  func append(_ line: ArraySlice<UInt8>) {
    guard !line.isEmpty else { return }
    self.line.withLock { $0 = Array(line) }
  }

  /// The message of a log line in JSON; the whole line of any other.
  static func message(_ line: String) -> String {
    let json = JSONValue(Data(line.utf8))
    return json?["message"]?.string ?? line
  }
}
