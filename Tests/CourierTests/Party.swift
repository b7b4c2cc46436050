import Courier
import Dispatch
import Events
import Foundation
import Journal
import Logging
import RoomTesting
import ServiceLifecycle
import Testing
import ZeroMQ

/// One service of a test: a journal in a folder, where its stream is reached, and a courier while
/// it runs.
///
/// It keeps the text of every note of the streams that it follows, in order.
struct Party {
  let endpoints: StreamEndpoints
  let journal: ServiceJournal

  /// - Parameters:
  ///   - store: a store that several replicas share; nil for a file of its own.
  ///   - reactions: those of another version, in place of the one that keeps the texts.
  ///   - before: runs in the reaction, before each effect.
  init(
    _ name: String, at endpoints: StreamEndpoints, in folder: TemporaryFolder,
    on store: MemoryStore? = nil, following others: [String] = [],
    reacting reactions: [Reaction]? = nil, before: @escaping @Sendable () -> Void = {}
  ) throws {
    self.endpoints = endpoints
    let noting = others.map { other in
      Reaction.on(Noted.self, from: other) { event, transaction in
        before()
        try transaction.run("INSERT INTO texts (text) VALUES (\(event.data.text))")
        return .done
      }
    }
    journal = try ServiceJournal(
      store.map { .store($0) } ?? .file("\(folder.path)/\(name).sqlite"), of: name,
      migrations: [
        Migration(
          "test-1", sql: "CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")
      ],
      reactions: Reactions(reactions ?? noting),
      expecting: ExpectedConsumers(["alpha", "beta"].filter { $0 != name }), runtime: .machine)
  }

  /// - Parameter lines: receives the log lines of the courier.
  func courier(
    following followed: [StreamEndpoints] = [], lines: LogLines = LogLines { _ in }
  ) -> ServiceCourier {
    ServiceCourier(
      journal: journal, own: endpoints, following: followed, runtime: .machine,
      logger: Logger(label: "test") { _ in lines })
  }

  /// The parts of a replica, which follows a stream while it has the role.
  func replica(_ name: String, following stream: StreamEndpoints) -> ServiceGroup {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let roles = Roles(
      of: name, in: journal, following: [stream.stream], runtime: .machine, logger: logger)
    let courier = ServiceCourier(
      journal: journal, own: endpoints, following: [stream], roles: roles, runtime: .machine,
      logger: logger)
    return ServiceGroup(services: roles.services + [courier], logger: logger)
  }

  /// Publishes numbers, several in each commit.
  func publish(_ numbers: ClosedRange<Int>, perCommit count: Int = 1) async throws {
    let correlation = Correlation.beginning(in: .machine)
    for first in stride(from: numbers.lowerBound, through: numbers.upperBound, by: count) {
      try await journal.write { transaction in
        for number in first...min(first + count - 1, numbers.upperBound) {
          try transaction.emit(Noted(text: "\(number)"), correlation: correlation)
        }
      }
    }
  }

  /// The text of every applied event, in order.
  var texts: [String] {
    get throws {
      try journal.look { snapshot in
        try snapshot.rows("SELECT text FROM texts ORDER BY number").map { try $0.value("text") }
      }
    }
  }

  /// Waits until this number of events is applied.
  func applied(_ count: Int) async throws {
    try await journal.commits { snapshot in
      try snapshot.value("SELECT count(*) AS value FROM texts", as: Int.self) ?? 0 >= count
    }
  }
}

extension ServiceJournal {
  /// Waits for a commit after which something holds, unless it holds already.
  func commits(_ condition: @escaping @Sendable (Snapshot) throws -> Bool) async throws {
    let commits = commits(buffering: .bufferingNewest(1))
    if try look(condition) { return }
    for await _ in commits where try look(condition) { return }
    throw CancellationError()
  }
}

/// Runs a courier for as long as the body does.
func running(
  _ courier: ServiceCourier, _ body: nonisolated(nonsending) () async throws -> Void
) async throws {
  let task = Task {
    do {
      try await courier.run()
    } catch {
      Issue.record(error, "the courier ended by itself")
    }
  }
  do {
    try await body()
  } catch {
    task.cancel()
    await task.value
    throw error
  }
  task.cancel()
  await task.value
}

/// Waits for a condition that other threads bring about, without any fixed time.
func until(_ condition: () throws -> Bool) async rethrows {
  while try !condition(), !Task.isCancelled { await Task.yield() }
}

/// The transport between the couriers of a test.
enum Transport: String, CaseIterable {
  case ipc, tcp

  /// The endpoints of a stream, which no other process has.
  func endpoints(of stream: String, in folder: TemporaryFolder) async throws -> StreamEndpoints {
    switch self {
    case .ipc:
      return StreamEndpoints(
        stream: stream, events: "ipc://\(folder.path)/\(stream).events",
        log: "ipc://\(folder.path)/\(stream).log")
    case .tcp:
      let free = try await Self.freeEndpoints()
      return StreamEndpoints(stream: stream, events: free.0, log: free.1)
    }
  }

  /// A port outside the kernel's own range, which it may give to another process meanwhile.
  private static func freeEndpoints() async throws -> (String, String) {
    let context = try Context()
    var free: [String] = []
    while free.count < 2 {
      let endpoint = "tcp://127.0.0.1:\(UInt16.random(in: 10_000..<32_000))"
      guard !free.contains(endpoint) else { continue }
      let isFree: Void? = try? await context.withRouter(binding: [endpoint]) { _ in }
      if isFree != nil { free.append(endpoint) }
    }
    await context.close()
    return (free[0], free[1])
  }
}

/// Holds threads back until it is opened.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func pass() {
    semaphore.wait()
    semaphore.signal()
  }

  func open() {
    semaphore.signal()
  }
}
