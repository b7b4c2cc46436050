import Events
import FoundationEssentials
import Runtime

/// The samples of a service's `/metrics`.
struct MetricSamples: Hashable, Sendable {
  private struct Sample: Hashable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  private let samples: [Sample]

  /// Reads the text form of Prometheus; lines that are no samples are passed over.
  init(_ text: String) {
    samples = text.split(separator: "\n").compactMap(Self.sample)
  }

  /// The value of a sample with a label, or of the only one; nil without one.
  func value(_ name: String, _ label: (name: String, value: String)? = nil) -> Double? {
    samples.first { sample in
      sample.name == name && (label.map { sample.labels[$0.name] == $0.value } ?? true)
    }?.value
  }

  /// The value of a label of the only sample with a name.
  func label(_ label: String, of name: String) -> String? {
    samples.first { $0.name == name }?.labels[label]
  }

  /// The values of a name by one of its labels.
  func values(_ name: String, by label: String) -> [String: Double] {
    let pairs = samples.filter { $0.name == name }.compactMap { sample in
      sample.labels[label].map { ($0, sample.value) }
    }
    return Dictionary(pairs) { first, _ in first }
  }

  private static func sample(_ line: Substring) -> Sample? {
    guard line.first != "#", let space = line.lastIndex(of: " "),
      let value = Double(line[line.index(after: space)...]), abs(value) < 1e15
    else { return nil }
    let name = line[..<space]
    guard let open = name.firstIndex(of: "{"), name.last == "}" else {
      return Sample(name: String(name), labels: [:], value: value)
    }
    return Sample(
      name: String(name[..<open]), labels: labels(in: name[name.index(after: open)...].dropLast()),
      value: value)
  }

  /// Reads `name="value",name="value"`; a value may have escapes.
  private static func labels(in text: Substring) -> [String: String] {
    var labels: [String: String] = [:]
    var rest = text
    while let equals = rest.firstIndex(of: "=") {
      let name = String(rest[..<equals].drop { $0 == "," })
      rest = rest[equals...].dropFirst(2)
      var value = ""
      while let character = rest.popFirst(), character != "\"" {
        guard character == "\\" else {
          value.append(character)
          continue
        }
        let escaped = rest.popFirst() ?? "\\"
        value.append(escaped == "n" ? "\n" : escaped)
      }
      labels[name] = value
    }
    return labels
  }
}

/// What a service's metrics say about its work.
struct Vitals: Hashable, Encodable, Sendable {
  let version: String?
  /// Seconds since the process has started.
  let uptime: Double?
  /// The number of orders that wait, by their state.
  let orders: [String: Int]
  /// The age of the oldest of them in seconds, by their state.
  let oldestOrder: [String: Double]
  let heldBackEvents: Int
  /// The age of the last proved backup in seconds; absent before the first.
  let backupAge: Double?
  /// The oldest of the orders that need an operator, by their state; nil where none was asked for.
  var stuckOrders: [String: StuckOrder]?

  init(_ samples: MetricSamples, now: Timestamp) {
    version = samples.label("version", of: "eventually_build_info")
    uptime = samples.value("process_start_time_seconds").map {
      max(0, Double(now.microseconds) / 1e6 - $0)
    }
    orders = samples.values("eventually_orders", by: "state").mapValues { Int($0) }
    oldestOrder = samples.values("eventually_oldest_order_seconds", by: "state")
    heldBackEvents = Int(samples.value("eventually_held_back_events") ?? 0)
    backupAge = samples.value("eventually_last_backup_timestamp_seconds").map {
      max(0, Double(now.microseconds) / 1e6 - $0)
    }
  }

  /// The states that an order leaves without a person, so that one which stays needs an operator.
  private static let automatic = [
    "approved": "Charlie charges it", "charging": "the gateway answers",
  ]
  /// The age at which such an order needs an operator.
  private static let patience = 60.0

  /// The states in which an order is too old.
  var stuckStates: [String] {
    oldestOrder.filter { $0.value > Self.patience && Self.automatic[$0.key] != nil }.keys.sorted()
  }

  /// The age at which a backup is too old: the timer makes one each day.
  private static let longestBackupAge = 2 * 86_400.0

  /// What needs an operator.
  var needs: [String] { orderNeeds + backupNeeds }

  private var backupNeeds: [String] {
    guard let backupAge, backupAge > Self.longestBackupAge else { return [] }
    return [
      """
      the last backup is \(Duration.seconds(backupAge).roughly) old; make one with: \
      eventually backup --into FOLDER, and look at: systemctl status eventually-backup
      """
    ]
  }

  /// The orders that need an operator, with the request that shows the oldest where it is known.
  private var orderNeeds: [String] {
    stuckStates.compactMap { state in
      guard let seconds = oldestOrder[state], let next = Self.automatic[state] else { return nil }
      let count = orders[state] ?? 0
      let look = stuckOrders?[state].map { ": curl -sS \($0.url)" } ?? ""
      return """
        \(count == 1 ? "1 order is" : "\(count) orders are") \(state), the oldest for \
        \(Duration.seconds(seconds).roughly), until \(next)\(look)
        """
    }
  }

  /// The orders that wait, for people.
  var waiting: String {
    orders.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { state, count in
      let age =
        oldestOrder[state].map { ", oldest \(Duration.seconds($0).roughly)" } ?? ""
      return "\(count.grouped) \(state)\(age)"
    }.joined(separator: "; ")
  }
}
