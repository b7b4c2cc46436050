import Events
import Runtime

/// Dead letters grouped by service, event, state and reason; reasons that differ by ids and numbers
/// alone are one.
struct LetterGroups: Sendable {
  private struct Key: Hashable {
    let service: String
    let stream: String
    let type: String
    let state: String
    let pattern: ReasonPattern
  }

  /// One group, as JSON shows it.
  struct Group: Hashable, Encodable, Sendable {
    let service: String
    let stream: String
    let type: String
    let state: String
    /// The reason of all of them, or its pattern.
    fileprivate(set) var reason: String
    fileprivate(set) var count = 0
    fileprivate(set) var holdsBack: Int64 = 0
    /// When the first and the last of them were deferred.
    fileprivate(set) var oldest: String
    fileprivate(set) var newest: String
    /// The id of the oldest.
    fileprivate(set) var example: String
  }

  private var services: [String] = []
  private var found: [Key: Group] = [:]

  mutating func add(_ letter: LetterSummary, of service: String) {
    if services.last != service, !services.contains(service) { services.append(service) }
    let pattern = ReasonPattern(letter.reason)
    let key = Key(
      service: service, stream: letter.stream, type: letter.type, state: letter.state,
      pattern: pattern)
    var group =
      found[key]
      ?? Group(
        service: service, stream: letter.stream, type: letter.type, state: letter.state,
        reason: letter.reason, oldest: letter.at, newest: letter.at, example: letter.id)
    group.count += 1
    group.holdsBack += letter.holdsBack
    if group.reason != letter.reason { group.reason = pattern.description }
    if letter.at < group.oldest {
      group.oldest = letter.at
      group.example = letter.id
    }
    group.newest = max(group.newest, letter.at)
    found[key] = group
  }

  /// By service, the largest first.
  var groups: [Group] {
    services.flatMap { service in
      found.values.filter { $0.service == service }.sorted {
        ($1.count, $0.oldest, $0.type, $0.state, $0.reason)
          < ($0.count, $1.oldest, $1.type, $1.state, $1.reason)
      }
    }
  }

  /// For people: a table, with the reason and the commands that help below each row.
  ///
  /// - Parameters:
  ///   - now: the present time, from which ages are counted.
  ///   - options: the options that find the services, repeated by the commands.
  ///   - withCommands: whether there are commands.
  func lines(at now: Timestamp, options: String = "", withCommands: Bool = true) -> [String] {
    let groups = groups
    guard !groups.isEmpty else { return [] }
    let heading = ["SERVICE", "COUNT", "HELD", "STATE", "EVENT", "OLDEST", "NEWEST"]
    let rows = columns([heading] + groups.map { $0.row(at: now) }, numbers: 1...2)
    return [rows[0]]
      + zip(groups, rows.dropFirst()).flatMap { group, row in
        let commands = withCommands ? group.commands(options) : []
        return [row] + ([group.reason] + commands).map { "  \($0.escapedForTerminal)" }
      }
  }
}

extension LetterGroups.Group {
  fileprivate func row(at now: Timestamp) -> [String] {
    let ages = [oldest, newest].map { time in
      Timestamp(time).map { now.since($0).roughly } ?? "-"
    }
    return [service, count.grouped, holdsBack.grouped, state, "\(stream)/\(type)"] + ages
  }

  /// What shows one of them, and what retries all; none for an event that continues automatically.
  fileprivate func commands(_ options: String) -> [String] {
    guard state == "dead" else { return [] }
    let end = options.isEmpty ? "" : " \(options)"
    let retry =
      count == 1 ? "\(service) \(example)" : "\(service) --stream \(stream) --type \(type)\(text)"
    return [
      "eventually dead-letters show \(service) \(example)\(end)",
      "eventually dead-letters retry \(retry)\(end)",
    ]
  }

  /// The reason, up to a character that a terminal does not show as it is.
  private var text: String {
    let plain = reason.prefix { String($0).escapedForTerminal == String($0) }
    return plain.isEmpty ? "" : " --reason \(String(plain).quotedForShell)"
  }
}
