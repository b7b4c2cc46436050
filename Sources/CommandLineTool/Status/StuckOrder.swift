import Daemon
import Events

/// The oldest order that stays in a state, as its service's API has it.
struct StuckOrder: Hashable, Encodable, Sendable {
  /// The order's id.
  let order: String
  /// Where the service shows it.
  let url: String

  /// A list of a service's API in which orders of a state are found.
  private struct List {
    let path: String
    let items: String
    let state: String
    let id: String
    /// Since when an item is in its state.
    let since: String
    /// The path below which an item is shown by the order's id.
    let shown: String
  }

  private static let lists = [
    "approved": List(
      path: "/api/orders?state=approved&limit=500", items: "orders", state: "approved", id: "id",
      since: "updatedAt", shown: "/api/orders/"),
    "charging": List(
      path: "/api/charges?limit=500", items: "charges", state: "intended", id: "orderId",
      since: "at", shown: "/api/charges/"),
  ]

  /// The number of parts of a list that are read: the order of a longer one is not named.
  private static let parts = 20

  /// Asks for the oldest order of a state; nil where the list does not have it, or has no end here.
  static func oldest(in state: String, asking client: ServiceClient) async -> StuckOrder? {
    guard let list = lists[state] else { return nil }
    let request = OperatorRequest(client)
    var items: [JSONValue] = []
    var path = list.path
    for _ in 0..<parts {
      guard let part = try? await request.get(path) else { return nil }
      items += (part[list.items]?.items ?? []).filter { $0["state"]?.string == list.state }
      guard let next = part["next"]?.string else {
        return oldest(of: items, in: list, at: client.address.description)
      }
      path = "\(list.path)&before=\(next.inPath)"
    }
    return nil
  }

  private static func oldest(of items: [JSONValue], in list: List, at address: String) -> Self? {
    // Times in one form sort as texts.
    let oldest = items.min { ($0[list.since]?.string ?? "~") < ($1[list.since]?.string ?? "~") }
    return oldest?[list.id]?.string.map {
      StuckOrder(order: $0, url: "\(address)\(list.shown)\($0.inPath)")
    }
  }
}
