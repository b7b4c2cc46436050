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
    statuses.flatMap { status in
      // The first names the service itself.
      ([status.unreachable].compactMap(\.self)
        + status.commanding.map { "\(status.service): \(withOptions($0))" })
        .map(\.escapedForTerminal)
    }
  }

  private func withOptions(_ need: String) -> String {
    // The commands that ask a service, at the end of their sentences; others are about files.
    let asking = ["eventually dead-letters ", "eventually follow "]
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
    let away = statuses.contains { $0.unreachable != nil }
    let needy = statuses.contains {
      !$0.needs.isEmpty || $0.attention != nil || $0.isReady == false
    }
    let state: (name: String, code: Int32) =
      away ? ("CRITICAL", 2) : needy ? ("WARNING", 1) : ("OK", 0)
    let text =
      statuses.lazy.compactMap(\.unreachable).first?.escapedForTerminal ?? needs.first
      ?? statuses.lazy.compactMap { $0.attention?.first }.first?.escapedForTerminal
      ?? "\(statuses.count) services are ready"
    let figures = statuses.flatMap { status -> [String] in
      guard let bus = status.bus else { return [] }
      return [
        "\(status.service)_behind=\(status.behind)", "\(status.service)_dead=\(bus.deadLetters)",
      ]
    }
    let plain = text.map { $0 == "|" ? "/" : $0 }
    return (
      "EVENTUALLY \(state.name) - \(String(plain)) | \(figures.joined(separator: " "))", state.code
    )
  }
}

extension ServiceStatus {
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
      return [service, unreachable == nil ? "UNREADABLE" : "AWAY"]
        + Array(repeating: "-", count: hasRates ? 8 : 7)
    }
    let rate = hasRates ? [eventsPerSecond.map { "\($0)" } ?? "-"] : []
    let opening = [
      service, isReady == true ? "ready" : "NOT READY", vitals?.version ?? "-",
      vitals?.uptime.map { Duration.seconds($0).roughly } ?? "-",
      bus.stream.head.grouped,
    ]
    return opening + rate + [
      behind.grouped, bus.deadLetters.grouped,
      (vitals?.heldBackEvents).map(\.grouped) ?? "-", vitals?.waiting ?? "",
    ]
  }
}
