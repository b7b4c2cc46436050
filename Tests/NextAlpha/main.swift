// Alpha's next version, for the stories of upgrades: it has one more step of the tables than Alpha,
// and stores in its column which version has captured an order. NEXT_STEP=breaking in the
// environment is a version whose step no older program may meet.

import Alpha
import Daemon
import Foundation
import Schema

enum NextAlphaRoom: Room {
  static let name = AlphaRoom.name
  static let port = AlphaRoom.port
  static let follows = AlphaRoom.follows
  static let followers = AlphaRoom.followers
  static let publishes = AlphaRoom.publishes
  static let watchers = AlphaRoom.watchers
  static let keys = AlphaRoom.keys
  static let keepsForever = AlphaRoom.keepsForever
  static let gauges = AlphaRoom.gauges
  static let version = "0.2.0"

  static var migrations: [Migration] {
    let isBreaking = ProcessInfo.processInfo.environment["NEXT_STEP"] == "breaking"
    return AlphaRoom.migrations + [
      Migration(
        "alpha-next", beside: isBreaking ? .none : .all,
        sql: "ALTER TABLE orders ADD COLUMN captured_by TEXT")
    ]
  }

  static func reactions(in shell: Shell) -> Reactions {
    AlphaRoom.reactions(in: shell).replacing(
      .on(OrderCaptured.self, from: "beta") { captured, transaction in
        let outcome = try transaction.capture(
          captured, approval: shell.configuration[AlphaRoom.approval])
        try transaction.run(
          "UPDATE orders SET captured_by = \(version) WHERE id = \(captured.data.orderId)")
        return outcome
      })
  }

  static func api(in shell: Shell) -> [Route] { AlphaRoom.api(in: shell) }

  static func look(in shell: Shell) throws -> PageTemplates? { try AlphaRoom.look(in: shell) }

  static func pages(_ look: PageTemplates, in shell: Shell) -> [Route] {
    AlphaRoom.pages(look, in: shell)
  }

  static func prepare(_ journal: ServiceJournal, in shell: Shell) throws {
    try AlphaRoom.prepare(journal, in: shell)
  }
}

await NextAlphaRoom.main()
