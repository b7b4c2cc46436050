import Events

/// The records of Alpha and Charlie about the orders, read over HTTP after the run.
struct OrdersBooks: Sendable {
  /// The state of each order at Alpha.
  private(set) var states: [String: String] = [:]
  /// The number of charges of each order at Charlie that were charged.
  private(set) var charges: [String: Int] = [:]

  init(alpha: ServiceClient, charlie: ServiceClient) async throws {
    for order in try await Self.pages("/api/orders", of: alpha, as: OrderPage.self) {
      states[order.id] = order.state
    }
    for charge in try await Self.pages("/api/charges", of: charlie, as: ChargePage.self)
    where charge.state == "charged" {
      charges[charge.orderId, default: 0] += 1
    }
  }

  init(states: [String: String], charges: [String: Int]) {
    self.states = states
    self.charges = charges
  }

  /// The orders that are not finalized, or not charged.
  func lost(of orders: [String]) -> Int {
    orders.count { states[$0] != "finalized" || charges[$0] == nil }
  }

  /// The orders that were charged more than once, and those that no customer checked out.
  func duplicated(of orders: [String]) -> Int {
    charges.values.count { $0 > 1 } + Set(states.keys).subtracting(orders).count
      + (orders.count - Set(orders).count)
  }

  private static func pages<Page: BookPage>(
    _ path: String, of client: ServiceClient, as type: Page.Type
  ) async throws -> [Page.Item] {
    var items: [Page.Item] = []
    var before = ""
    while true {
      let answer = try await client.get("\(path)?limit=500\(before)")
      guard answer.status == 200 else {
        throw Failure(.refused, "\(client.service) refused GET \(path) (\(answer.status)).")
      }
      let page = try Page(json: answer.body)
      items += page.items
      guard let next = page.next else { return items }
      before = "&before=\(next)"
    }
  }
}

private protocol BookPage: Decodable, SendableMetatype {
  associatedtype Item
  var items: [Item] { get }
  var next: String? { get }
}

private struct OrderPage: BookPage {
  struct Item: Decodable {
    let id: String
    let state: String
  }
  let orders: [Item]
  let next: String?
  var items: [Item] { orders }
}

private struct ChargePage: BookPage {
  struct Item: Decodable {
    let orderId: String
    let state: String
  }
  let charges: [Item]
  let next: String?
  var items: [Item] { charges }
}
