import Events
import FoundationEssentials
import Runtime
import Schema
import Versions

// The services' documents, as far as the story uses them, and their sentences.

/// The settings of a service.
struct DemoSettings: Decodable, Hashable, Sendable {
  /// The values, as a change asks for them.
  struct Values: Codable, Hashable, Sendable {
    let currency: Currency
    let fee: Rule
    let discount: Rule
  }

  let version: Int64
  let values: Values

  private enum Member: CodingKey { case version }

  init(from decoder: any Decoder) throws {
    version = try decoder.container(keyedBy: Member.self).decode(Int64.self, forKey: .version)
    values = try Values(from: decoder)
  }
}

extension DemoSettings.Values {
  private static let step: Int64 = 500

  var feeInWords: String {
    let money = Money(amount: fee.amount, currency: currency).formatted
    return fee.enabled ? money : "\(money), but off"
  }

  /// The same settings with another fee, which is on.
  ///
  /// It is higher, and lower only at the limit of entered amounts.
  var withAnotherFee: Self {
    let raised = fee.amount + Self.step
    let amount = raised <= Money.limit ? raised : fee.amount - Self.step
    return Self(currency: currency, fee: Rule(enabled: true, amount: amount), discount: discount)
  }
}

/// An order at Alpha.
struct DemoOrder: Decodable, Hashable, Sendable {
  let state: String
  let outcome: String?
  let fee: Money?
  let total: Money?
  let settingsVersion: Int64?
}

/// A line of Charlie's fee report.
struct DemoFees: Decodable, Hashable, Sendable {
  struct Line: Decodable, Hashable, Sendable {
    let settingsVersion: Int64
    let state: String
    let fee: Money?
    let orders: Int
    let carried: Money
    let collected: Money
  }

  let fees: [Line]
}

extension DemoFees.Line {
  var sentence: String {
    """
    The fee report of settings version \(settingsVersion): a fee of \
    \(fee.map(\.formatted) ?? "an unknown amount"), \(orders) order\(orders == 1 ? "" : "s") that \
    carried \(carried) in all, \(collected) collected, \(state).
    """
  }
}

/// The state of a charge at Charlie.
struct DemoCharge: Decodable, Hashable, Sendable {
  let state: String
}

/// Events as Overlord has received them.
struct DemoEvents: Decodable, Hashable, Sendable {
  struct Item: Decodable, Hashable, Sendable {
    let topic: String
  }

  let events: [Item]

  func has(_ type: String) -> Bool { events.contains { Topic($0.topic)?.type == type } }
}

extension DemoEvents.Item {
  /// The version that was published, and all versions that are pinned.
  var sentence: String {
    guard let topic = Topic(topic), let event = Registry.eventually[topic.type] else {
      return "\(topic) is not in this program's registry."
    }
    let versions = event.versions.map { "v\($0.schema.version)" }.joined(separator: " and ")
    return """
      \(topic.type) v\(topic.version) from \(topic.stream); pinned: \(versions), \
      \(event.compatibility.rawValue) compatibility.
      """
  }
}

/// A trace at Overlord.
struct DemoTrace: Decodable, Hashable, Sendable {
  struct Item: Decodable, Hashable, Sendable {
    let topic: String
    let committedAt: Timestamp
    let caused: [Item]
  }

  struct Missing: Decodable, Hashable, Sendable {
    let service: String
  }

  let beganAt: Timestamp
  let events: [Item]
  let missing: [Missing]
}

extension DemoTrace {
  /// A line for each event, below its cause.
  var lines: [String] { events.flatMap { lines($0, depth: 0) } }

  private func lines(_ item: Item, depth: Int) -> [String] {
    let time = item.committedAt.since(beganAt) / .milliseconds(1)
    let indent = depth == 0 ? "" : String(repeating: "   ", count: depth - 1) + "└─ "
    return ["+\(time.rounded3) ms".padded(to: 14) + indent + item.topic]
      + item.caused.flatMap { lines($0, depth: depth + 1) }
  }
}
