// A consumer of Beta's orders in two builds, for the stories of versions: one from before promises,
// and its upgrade. READS=1 in the environment is the old one.

import Daemon
import Foundation
import Schema

/// What the old build knows of an order: version 1, and nothing of promises.
struct OldOrder: Event, StoredOrder {
  static let schema = OrderCaptured.V1.schema

  let orderId: Identifier
  let product: String

  var subject: String { orderId.description }
  var fee: Int64? { nil }
}

extension OrderCaptured: StoredOrder {
  var fee: Int64? { promise?.fee.amount }
}

/// What the warehouse keeps of an order.
protocol StoredOrder {
  var orderId: Identifier { get }
  var product: String { get }
  /// What was promised, where that is known.
  var fee: Int64? { get }
}

enum Warehouse<Order: Event & StoredOrder>: Room {
  static var name: String { "warehouse" }
  static var port: Int { 3996 }
  static var follows: [String] { ["beta"] }

  static var migrations: [Migration] {
    [
      Migration(
        "warehouse-1",
        sql: """
          CREATE TABLE orders (
            position INTEGER PRIMARY KEY, id TEXT NOT NULL, product TEXT NOT NULL, fee BIGINT);
          """)
    ]
  }

  static var reactions: Reactions {
    [
      .on(Order.self, from: "beta") { captured, transaction in
        let order = captured.data
        try transaction.run(
          """
          INSERT INTO orders (id, product, fee)
          VALUES (\(order.orderId), \(order.product), \(order.fee))
          """)
        return .done
      }
    ]
  }

  static var api: [Route] {
    [
      .query("/api/orders") { _, snapshot in
        try .json(try snapshot.rows("SELECT * FROM orders ORDER BY position").map(OrderView.init))
      }
    ]
  }
}

private struct OrderView: Encodable {
  let id: Identifier
  let product: String
  let fee: Int64?

  init(_ row: Row) throws {
    id = try row.value("id")
    product = try row.value("product")
    fee = try row.value("fee")
  }
}

if ProcessInfo.processInfo.environment["READS"] == "1" {
  await Warehouse<OldOrder>.main()
} else {
  await Warehouse<OrderCaptured>.main()
}
