import Events
import FoundationEssentials
import Schema

// The services' documents, as far as this command uses them.

struct CartView: Decodable {
  let id: String
  let state: String
  let quote: QuoteView
  let lastOrder: Finished?

  struct Finished: Decodable {
    let orderId: String
  }

  /// Whether it is open again after an order.
  func isOpen(after order: String) -> Bool {
    // A service without the last order shows at least that none is in flight.
    state == "open" && (lastOrder.map { $0.orderId == order } ?? true)
  }
}

struct QuoteView: Decodable {
  let id: String
  let settingsVersion: Int64
  let fee: Money
  let discount: Money
  let promised: Bool
}

struct CheckoutView: Decodable {
  let orderId: String
}

struct OrderView: Decodable, Hashable {
  let id: String
  let state: String
  let outcome: String?
  let total: Money?
  let reason: String?
}

/// A refusal, RFC 9457.
struct ProblemView: Decodable {
  let title: String?
  let detail: String?
  let remedy: String?

  var sentence: String {
    [detail ?? title, remedy].compactMap(\.self).joined(separator: " ")
  }
}

extension ServiceClient {
  /// The currency of the settings; nil where the service has none yet.
  func currency() async throws -> Currency? {
    struct Settings: Decodable {
      let currency: Currency
    }
    let answer = try await get("/api/settings")
    return (try? Settings(json: answer.body))?.currency
  }
}
