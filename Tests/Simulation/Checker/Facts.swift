import Events
import Runtime
import Schema

/// The true facts of the world, independent of a service's journal: promises, requests and
/// published events.
struct Facts {
  /// A quote as a customer saw it.
  struct ShownQuote {
    let settingsVersion: Int64
    let fee: Int64
    let discount: Int64
    /// Whether fee and discount were promised.
    let isPromised: Bool
  }

  /// The orders of customers, by the id of the request.
  struct Asked {
    let customer: Int
    let quote: Identifier
    let product: String
    let price: Int64
  }

  /// The required cost of an order.
  struct ExpectedOrder {
    let customer: Int
    let correlation: String
    let product: String
    let price: Int64
    let isPromised: Bool
    /// The allowed cost: the promise, or Alpha's price by the settings in force.
    ///
    /// After a restore Alpha may do that again.
    var prices: Set<Price> = []
    /// The products that approvals have named: more than one only where an operator has edited.
    var approvedProducts: Set<String> = []
    /// Whether an approval had the total without its parts.
    var isToldAsTotal = false
    /// Whether an approval had its parts.
    var isToldInParts = false

    /// Whether there is nothing to be charged.
    var isFree: Bool { prices.contains { $0.total == 0 } }
  }

  /// The cost of an order.
  struct Price: Hashable {
    let fee: Int64
    let discount: Int64
    let total: Int64
    let settingsVersion: Int64

    /// The one rule of pricing, written once more.
    init(_ price: Int64, fee: Int64, discount: Int64, settingsVersion: Int64) {
      let sum = price + fee
      self.fee = fee
      self.discount = min(discount, sum)
      total = sum - min(discount, sum)
      self.settingsVersion = settingsVersion
    }
  }

  /// A point in a stream's history, and the chain before it.
  struct Point: Hashable {
    let stream: Service
    let sequence: UInt64
    let chain: Chain
  }

  /// A number of a stream, as it was received.
  struct Number: Hashable {
    let stream: Service
    let epoch: Epoch
    let sequence: UInt64
  }

  var quotes: [Identifier: ShownQuote] = [:]
  var asked: [String: Asked] = [:]
  var orders: [Identifier: ExpectedOrder] = [:]
  /// Every version of the settings as it was published; more than one only after a raw copy.
  var settings: [Int64: Set<SettingsChanged>] = [:]
  /// Everything that was ever in a log, and the chain before it.
  var points: [Point: Chain] = [:]
  /// The chain that was received under each number.
  var heard: [Number: Chain] = [:]
  /// Histories that a raw copy was put back in: until that is found out, numbers are used again.
  var copied: Set<Epoch> = []
  /// The gateway's charges by order: keys and what was booked.
  var charges: [Identifier: [String: Bool]] = [:]
  /// The losses of restores, for people.
  var lost: [String] = []
  /// The events of a service about an order that were lost in a restore.
  var lostWords: [Service: Set<Identifier>] = [:]
  /// The consumers that an operator has removed from a publisher's list: they may miss events
  /// pruned since.
  var forgotten: [Service: Set<Service>] = [:]

  /// The possible costs of an order of this price by any settings that were ever in force.
  func prices(_ price: Int64) -> Set<Price> {
    Set(
      settings.values.joined().map {
        Price(
          price, fee: $0.feeInForce.amount, discount: $0.discountInForce.amount,
          settingsVersion: $0.version)
      })
  }

  /// Whether a service has lost its events about an order.
  func hasLost(_ order: Identifier, at service: Service) -> Bool {
    lostWords[service]?.contains(order) ?? false
  }
}
