import Events

/// One event of a stream, as `text/event-stream` has it (HTML, 9.2).
public struct ServerSentEvent: Hashable, Sendable {
  /// The position, which a client sends as `Last-Event-ID` when it connects again.
  public let position: Int64
  /// The name, by which a page listens to it; nil for `message`.
  public let name: String?
  /// The text, of one line or more.
  public let data: String

  /// An event with a text.
  ///
  /// - Parameters:
  ///   - position: its place in the order of the stream.
  ///   - name: its name, without line ends.
  ///   - data: its text.
  public init(position: Int64, name: String? = nil, data: String) {
    self.position = position
    self.name = name
    self.data = data
  }

  /// An event with a value as JSON, on one line and with sorted keys.
  ///
  /// - Parameters:
  ///   - position: its place in the order of the stream.
  ///   - name: its name, without line ends.
  ///   - value: its value.
  public init(position: Int64, name: String? = nil, json value: some Encodable) throws {
    self.init(
      position: position, name: name, data: String(decoding: try value.json(), as: UTF8.self))
  }

  /// The event as it is sent.
  var text: String {
    // A field ends with its line, and a carriage return ends a line too.
    let name = name.map { "event: \($0.filter { !$0.isNewline })\n" } ?? ""
    let lines = data.split(omittingEmptySubsequences: false) { ["\n", "\r", "\r\n"].contains($0) }
    return "id: \(position)\n\(name)\(lines.map { "data: \($0)\n" }.joined())\n"
  }
}
