// Alpha's build from before promises, which is too old for what Beta publishes now.

import Alpha
import Daemon
import Events
import Journal
import Schema

/// Alpha as it was when orders carried no promise: it reads version 1 of a captured order at most.
///
/// All else is Alpha's own.
enum OldAlphaRoom: Room {
  static let name = AlphaRoom.name
  static let port = AlphaRoom.port
  static let follows = AlphaRoom.follows
  static let followers = AlphaRoom.followers
  static let publishes = AlphaRoom.publishes
  static let watchers = AlphaRoom.watchers
  static let keys = AlphaRoom.keys
  static let keepsForever = AlphaRoom.keepsForever

  static var migrations: [Migration] { AlphaRoom.migrations }

  static func reactions(in shell: Shell) -> Reactions {
    let approval = shell.configuration[AlphaRoom.approval]
    return AlphaRoom.reactions(in: shell).replacing(
      .on(EarlyOrder.self, from: "beta") { captured, transaction in
        try transaction.capture(captured.map(\.order.upcast), approval: approval)
      })
  }

  static func api(in shell: Shell) -> [Route] { AlphaRoom.api(in: shell) }

  static func prepare(_ journal: ServiceJournal, in shell: Shell) throws {
    try AlphaRoom.prepare(journal, in: shell)
  }
}

/// A captured order when version 1 was the newest.
private struct EarlyOrder: Event {
  static let schema = OrderCaptured.V1.schema

  let order: OrderCaptured.V1

  var subject: String { order.orderId.description }

  init(from decoder: any Decoder) throws {
    order = try OrderCaptured.V1(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    try order.encode(to: encoder)
  }
}

extension Node {
  /// Whether the service's build is below the least reader of an event.
  func isTooOld(for topic: Topic) -> Bool {
    guard service == .alpha, isOldBuild, topic.type == OrderCaptured.schema.type,
      topic.version == OrderCaptured.schema.version
    else { return false }
    return OrderCaptured.schema.leastReader > OrderCaptured.V1.schema.version
  }
}
