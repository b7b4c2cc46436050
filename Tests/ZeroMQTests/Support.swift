import Foundation
import Testing
import ZeroMQ

/// The transports that every pair of sockets is tested over.
enum Transport: String, CaseIterable, CustomTestStringConvertible {
  case inproc, ipc, tcp

  var testDescription: String { rawValue }

  func endpoint(_ name: String, in folder: TemporaryFolder) -> String {
    switch self {
    case .inproc: "inproc://\(name)"
    case .ipc: folder.ipc(name)
    case .tcp: "tcp://127.0.0.1:*"
    }
  }
}

/// A folder of one test's own, removed with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/zmq-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func ipc(_ name: String) -> String { "ipc://\(path)/\(name)" }
}

/// A context for one test, closed at its end.
func withContext(
  _ body: nonisolated(nonsending) (Context, TemporaryFolder) async throws -> Void
) async throws {
  let context = try Context()
  let folder = try TemporaryFolder()
  do {
    try await body(context, folder)
  } catch {
    await context.close()
    throw error
  }
  await context.close()
}

/// A publisher, and a subscriber whose subscriptions it has seen.
func withPair(
  _ context: Context, _ endpoint: String, prefixes: [String] = [""],
  publisher: SocketSettings = .init(), subscriber: SocketSettings = .init(),
  _ body: nonisolated(nonsending) (Publisher, Subscriber) async throws -> Void
) async throws {
  try await context.withPublisher(binding: [endpoint], settings: publisher) { publisher in
    try await context.withSubscriber(
      connectingTo: publisher.boundEndpoints, prefixes: prefixes, settings: subscriber
    ) { subscriber in
      _ = await take(prefixes.count, of: publisher.changes)
      try await body(publisher, subscriber)
    }
  }
}

/// The next items, at least `count` of them unless the socket closes.
func take<Item>(_ count: Int, of batches: Batches<Item>) async -> [Item] {
  var items: [Item] = []
  guard count > 0 else { return items }
  for await batch in batches {
    items += batch
    if items.count >= count { break }
  }
  return items
}

extension Message {
  init(_ texts: String...) {
    self.init(texts.map { Data($0.utf8) })
  }

  /// A topic, and a number that a gap is seen by.
  init(number: Int, padding: Int = 0) {
    self.init([Data("n/".utf8), Data("\(number)".utf8), Data(count: padding)])
  }

  var number: Int? {
    frames.count == 3 ? Int(String(decoding: frames[1], as: UTF8.self)) : nil
  }
}

/// Waits for a condition that other threads bring about, without any fixed time.
func until(_ condition: () -> Bool) async {
  while !condition(), !Task.isCancelled { await Task.yield() }
}

/// The failure of a call that must fail, as the error it must be.
func failure(
  of call: nonisolated(nonsending) () async throws -> Void
) async throws -> ZeroMQError? {
  do {
    try await call()
    return nil
  } catch let error as ZeroMQError {
    return error
  }
}
