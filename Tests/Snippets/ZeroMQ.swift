import Foundation
import ZeroMQ

/// Publishes one message to a subscriber of its first bytes, and returns what it receives.
func publishOnce(at endpoint: String) async throws -> [Message] {
  let context = try Context()
  let received = try await context.withPublisher(binding: [endpoint]) { publisher in
    try await context.withSubscriber(connectingTo: [endpoint], prefixes: ["station/"]) { station in
      // The publisher reports the subscription: from here on, messages arrive.
      for await _ in publisher.changes { break }
      try await publisher.send([Message([Data("station/".utf8), Data("21".utf8)])])
      for await messages in station.messages { return messages }
      return []
    }
  }
  await context.close()
  return received
}
