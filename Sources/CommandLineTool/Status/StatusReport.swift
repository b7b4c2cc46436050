import Events
import Runtime

/// The statuses of several services, as a person or a monitor reads them.
struct StatusReport: Sendable {
  let statuses: [ServiceStatus]
  /// The options that find these services, to be repeated by the commands that help.
  var options = ""

  /// For people: what needs an operator, the services in a table, and their streams.
  var lines: [String] {
    needs.map { "! \($0)" } + table + statuses.flatMap(\.details)
  }

  /// What needs an operator, with commands that can be repeated as they are.
  var needs: [String] {
    var known: Set<String> = []
    return statuses.flatMap { status in
      // The first names the service itself.
      ([status.unreachable.map { $0 + statuses.others(than: status) }].compactMap(\.self)
        + status.commanding.filter { need in
          // The replicas of a service have one journal, and report the same about it.
          status.replica == nil || known.insert("\(status.service): \(need)").inserted
        }.map { "\(status.service): \(withOptions($0, of: status))" })
        .map(\.escapedForTerminal)
    }
  }

  private func withOptions(_ need: String, of status: ServiceStatus) -> String {
    // The commands that ask a service, at the end of their sentences; others are about files.
    let asking = ["eventually dead-letters ", "eventually follow "]
    // They ask one replica: the one that has answered.
    let options = status.replica == nil ? options : "--\(status.service) \(status.address)"
    return options.isEmpty || !asking.contains(where: need.contains) ? need : "\(need) \(options)"
  }

  private var table: [String] {
    let hasRates = statuses.contains { $0.eventsPerSecond != nil }
    let heading =
      ["SERVICE", "STATE", "VERSION", "UP", "HEAD"] + (hasRates ? ["EVENTS/S"] : [])
      + ["BEHIND", "DEAD", "HELD", "ORDERS"]
    let rows = statuses.map { $0.row(hasRates: hasRates) }
    return columns([heading] + rows, numbers: 4...(hasRates ? 8 : 7))
  }

  /// For Nagios and those that read its form: a line with the worst state and figures, and the exit code
  /// that means it.
  var nagios: (line: String, code: Int32) {
    let needy = statuses.contains {
      !$0.needs.isEmpty || $0.attention != nil || $0.isReady == false || $0.unreachable != nil
    }
    let state: (name: String, code: Int32) =
      !statuses.away.isEmpty ? ("CRITICAL", 2) : needy ? ("WARNING", 1) : ("OK", 0)
    let text =
      (statuses.away + statuses).lazy.compactMap(\.unreachable).first?.escapedForTerminal
      ?? needs.first
      ?? statuses.lazy.compactMap { $0.attention?.first }.first?.escapedForTerminal
      ?? "\(statuses.count) services are ready"
    let figures = statuses.flatMap { status -> [String] in
      guard let bus = status.bus else { return [] }
      return [
        "\(status.name)_behind=\(status.behind)", "\(status.name)_dead=\(bus.deadLetters)",
      ]
    }
    let plain = text.map { $0 == "|" ? "/" : $0 }
    return (
      "EVENTUALLY \(state.name) - \(String(plain)) | \(figures.joined(separator: " "))", state.code
    )
  }
}

extension [ServiceStatus] {
  /// Those that cannot be reached, and of whose service no other replica can.
  var away: [ServiceStatus] {
    filter { $0.unreachable != nil && others(than: $0).isEmpty }
  }

  /// The replicas that answer for one that does not: the end of a sentence; empty without any.
  fileprivate func others(than status: ServiceStatus) -> String {
    guard status.replica != nil else { return "" }
    let names = filter {
      $0.replica != nil && $0.service == status.service && $0.unreachable == nil
    }.map(\.name)
    guard let first = names.first else { return "" }
    return names.count == 1 ? "; \(first) answers" : "; \(names.joined(separator: ", ")) answer"
  }
}

extension ServiceStatus {
  /// The service, and its replica where several were asked: `beta`, `beta-b`.
  var name: String { service + (replica.map { "-\($0)" } ?? "") }

  /// What needs an operator; the commands name a service of another team by its address.
  fileprivate var commanding: [String] {
    guard Service(rawValue: service) == nil else { return needs }
    return ["dead-letters list", "follow reset", "follow remove"].reduce(needs) { needs, command in
      let named = "eventually \(command) \(service)"
      return needs.map { $0.replacing(named, with: "eventually \(command) \(address)") }
    }
  }

  /// The events that the service is behind the streams that it follows.
  var behind: UInt64 {
    (bus?.subscriptions ?? []).reduce(0) { $0 + ($1.lag ?? 0) }
  }

  fileprivate func row(hasRates: Bool) -> [String] {
    guard let bus else {
      return [name, unreachable == nil ? "UNREADABLE" : "AWAY"]
        + Array(repeating: "-", count: hasRates ? 8 : 7)
    }
    let rate = hasRates ? [eventsPerSecond.map { "\($0)" } ?? "-"] : []
    let opening = [
      name, isReady == true ? "ready" : "NOT READY", vitals?.version ?? "-",
      vitals?.uptime.map { Duration.seconds($0).roughly } ?? "-",
      bus.stream.head.grouped,
    ]
    return opening + rate + [
      behind.grouped, bus.deadLetters.grouped,
      (vitals?.heldBackEvents).map(\.grouped) ?? "-", vitals?.waiting ?? "",
    ]
  }
}
