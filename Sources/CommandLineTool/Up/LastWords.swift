import Events
import FoundationEssentials
import Synchronization

/// The last thing that a process said, which is mostly why it ended.
final class LastWords: Sendable {
  private let line = Mutex("")

  var text: String { Self.message(line.withLock(\.self)) }

  func hear(_ line: String) {
    guard !line.isEmpty else { return }
    self.line.withLock { $0 = line }
  }

  /// The message of a log line in JSON; the whole line of any other.
  static func message(_ line: String) -> String {
    let json = JSONValue(Data(line.utf8))
    return json?["message"]?.string ?? line
  }
}
