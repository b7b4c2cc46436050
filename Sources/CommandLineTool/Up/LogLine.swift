import Events
import FoundationEssentials
import Runtime

/// One line of a daemon's log, read from JSON by the Elastic Common Schema.
struct LogLine: Hashable, Sendable {
  /// The levels, in the order of their weight.
  enum Level: String, Sendable {
    case trace, debug, info, notice, warning, error, critical
  }

  let time: Timestamp
  let level: Level
  let message: String
  /// All fields of the line.
  let fields: [String: JSONValue]

  /// Reads a line; nil for one that no daemon has logged.
  init?(_ line: ArraySlice<UInt8>) {
    guard line.first == UInt8(ascii: "{"), case .object(let fields)? = JSONValue(Data(line)),
      let time = fields["@timestamp"]?.string.flatMap({ Timestamp($0) }),
      let level = fields["log.level"]?.string.flatMap(Level.init),
      let message = fields["message"]?.string
    else { return nil }
    self.time = time
    self.level = level
    self.message = message
    self.fields = fields
  }
}

/// The form of log lines for people: local time, level, message, and then short ids and figures.
///
/// A line is at most 120 columns wide where its message and its ids allow it; a message is never cut.
struct LogLineForm: Hashable, Sendable {
  /// The number of characters of a line, with the service's name before it.
  static let width = ShortLine.width

  var isColored = false
  /// The number of characters of the longest name before a line.
  var nameWidth = 8

  /// The name of the process before its line, in the colour that `sniff` gives to its events.
  func prefix(_ name: String) -> String {
    let style = Service(rawValue: String(name.prefix { $0 != "-" }))?.style ?? .bold
    return "\(name.padded(to: nameWidth))| ".styled(style, if: isColored)
  }

  /// A line of a daemon.
  func line(_ log: LogLine, of member: UpMember) -> String {
    let message = log.message.escapedForTerminal
    let opening = opening(log.level, at: log.time)
    var details = log.ids
    var room = Self.width - nameWidth - 2 - Self.openingWidth - message.count - 1
    room -= details.reduce(0) { $0 + $1.count + 1 }
    for (name, detail) in log.rest where detail.count + 1 <= room || name.hasPrefix("error.") {
      details.append(detail)
      room -= detail.count + 1
    }
    let end = details.joined(separator: " ")
    return prefix("\(member)") + opening
      + message.styled(log.level.messageStyle, if: isColored)
      + (end.isEmpty ? "" : "  " + end.styled(.dim, if: isColored))
  }

  /// A line of `up` itself.
  func line(_ level: LogLine.Level, _ message: String, at time: Timestamp) -> String {
    prefix("up") + opening(level, at: time)
      + message.escapedForTerminal.styled(level.messageStyle, if: isColored)
  }

  private static let openingWidth = 20

  private func opening(_ level: LogLine.Level, at time: Timestamp) -> String {
    CalendarTime(time).description.styled(.dim, if: isColored) + " "
      + level.word.padded(to: 6).styled(level.style, if: isColored) + " "
  }
}

extension LogLine.Level {
  /// The level in six characters; what a person should look at is in capitals.
  fileprivate var word: String {
    switch self {
    case .trace, .debug, .info, .notice: rawValue
    case .warning: "WARN"
    case .error: "ERROR"
    case .critical: "CRIT"
    }
  }

  fileprivate var style: Style? {
    switch self {
    case .trace, .debug: .dim
    case .info: nil
    case .notice: .green
    case .warning: .yellow
    case .error, .critical: .red
    }
  }

  fileprivate var messageStyle: Style? {
    switch self {
    case .trace, .debug: .dim
    case .info, .notice, .warning: nil
    case .error, .critical: .red
    }
  }
}

extension LogLine {
  /// The ends of the ids, which every line of the work has, and the duration.
  fileprivate var ids: [String] {
    var ids: [String] = []
    if let order = text("labels.order_id"), !message.contains(order) {
      ids.append("order=\(order.shortID)")
    }
    if isOfWork, let work = text("labels.correlation_id") { ids.append("request=\(work.shortID)") }
    if let nanoseconds = fields["event.duration"]?.whole {
      ids.append("\((Double(nanoseconds) / 1_000_000).rounded3) ms")
    }
    return ids
  }

  /// The other fields, without those of machines and those that the message has.
  fileprivate var rest: [(name: String, text: String)] {
    fields.keys.sorted().compactMap { name in
      guard !Self.hidden.contains(name), let value = fields[name]?.plain.escapedForTerminal,
        !value.isEmpty, !message.contains(value), !isOwnStream(name, value: value)
      else { return nil }
      let label = name.hasPrefix("labels.") ? String(name.dropFirst("labels.".count)) : name
      return (name, "\(label)=\(Identifier(value) == nil ? value : value.shortID)")
    }
  }

  /// Whether a field names the stream of the service itself.
  private func isOwnStream(_ name: String, value: String) -> Bool {
    name == "labels.stream" && value == fields["service.name"]?.string
  }

  /// Whether it belongs to a request or an event: the start of a daemon has an id of its own too.
  private var isOfWork: Bool {
    ["event.id", "labels.order_id", "http.request.id", "http.response.status_code"]
      .contains { fields[$0] != nil }
  }

  private func text(_ name: String) -> String? { fields[name]?.string?.escapedForTerminal }

  private static let hidden: Set<String> = [
    "@timestamp", "ecs.version", "error.type", "event.action", "event.duration", "event.id",
    "event.outcome", "event.sequence", "http.request.id", "http.request.method",
    "http.response.status_code", "labels.causation_id", "labels.correlation_id", "labels.order_id",
    "log.level", "message", "process.pid", "service.name", "service.node.name", "service.version",
    "span.id", "trace.id", "url.path",
  ]
}

extension Service {
  /// The colour of its lines and of its events.
  var style: Style {
    switch self {
    case .alpha: .cyan
    case .beta: .green
    case .charlie: .yellow
    case .overlord: .magenta
    }
  }
}

extension String {
  /// The text in a style, where there is one and a person reads.
  fileprivate func styled(_ style: Style?, if isColored: Bool) -> String {
    style.map { styled($0, if: isColored) } ?? self
  }
}
