import Courier
import Events
import Foundation
import Glibc
import Journal
import RoomTesting
import Testing
import ZeroMQ

/// Messages that are lost or spoiled on the way do no harm.
@Suite(.timeLimit(.minutes(1)))
struct LossTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func party(_ name: String, _ transport: Transport = .ipc, following others: [String] = [])
    async throws -> Party
  {
    try Party(
      name, at: try await transport.endpoints(of: name, in: folder), in: folder, following: others)
  }

  /// Answers one question from a log.
  private func answer(_ router: Router, from journal: ServiceJournal) async throws -> Fetch? {
    for await batch in router.messages {
      for message in batch {
        guard case .fetch(let fetch) = try LogRequest(frames: Array(message.frames)[1...]) else {
          continue
        }
        let reply = try journal.look { try LogServer($0).answer(fetch) }
        try await router.send([Message([message.frames[0]] + reply.frames)])
        return fetch
      }
    }
    return nil
  }

  @Test(arguments: ["lineage", "floor"])
  func `a flipped bit that a request meets is answered, and the log is served on`(
    place: String
  ) async throws {
    let alpha = try await party("alpha")
    try await alpha.publish(1...5)
    try await alpha.journal.write { transaction in
      try transaction.run(
        place == "lineage"
          ? "UPDATE lineage SET chain = x'00'" : "UPDATE journal SET floor = 3, floor_chain = x'00'"
      )
    }
    let context = try Context()
    try await running(alpha.courier()) {
      try await context.withDealer(connectingTo: [alpha.endpoints.log]) { dealer in
        try await dealer.connected()
        let fetch = Fetch(
          id: .integer(1), consumer: nil, stream: "alpha", after: place == "lineage" ? 0 : 2)
        for _ in 1...2 {
          try await dealer.send([Message(LogRequest.fetch(fetch).frames)])
          let refusal = try #require(try await refusal(to: dealer))
          #expect(refusal.code == .damaged)
          #expect(refusal.id == .integer(1))
        }
      }
    }
    await context.close()
  }

  @Test func `events that a publisher drops are fetched`() async throws {
    let alpha = try await party("alpha")
    let beta = try await party("beta", following: ["alpha"])
    let context = try Context()
    try await context.withPublisher(binding: [alpha.endpoints.events]) { publisher in
      try await context.withRouter(binding: [alpha.endpoints.log]) { router in
        let courier = beta.courier(following: [alpha.endpoints])
        try await running(courier) {
          for await changes in publisher.changes where !changes.isEmpty { break }
          #expect(try await answer(router, from: alpha.journal)?.after == 0)
          await until { courier.subscriptions[0].state == .live }

          try await alpha.publish(1...5)
          let records = try alpha.journal.look { try $0.records(after: 0, limit: 5) }
          for index in [0, 1, 4] { try await publisher.send([Message(records[index].frames)]) }
          #expect(try await answer(router, from: alpha.journal)?.after == 2)
          try await beta.applied(5)
        }
      }
    }
    await context.close()
    #expect(try beta.texts == ["1", "2", "3", "4", "5"])
  }

  @Test func `a socket path that is removed is bound again, and a late follower connects`()
    async throws
  {
    let alpha = try await party("alpha")
    let beta = try await party("beta", following: ["alpha"])
    let paths = ["alpha.events", "alpha.log"].map { "\(folder.path)/\($0)" }
    let manager = FileManager.default
    try await running(alpha.courier()) {
      try await alpha.publish(1...5)
      await until { paths.allSatisfy(manager.fileExists(atPath:)) }
      for path in paths { try manager.removeItem(atPath: path) }
      await until { paths.allSatisfy(manager.fileExists(atPath:)) }
      try await running(beta.courier(following: [alpha.endpoints])) {
        try await beta.applied(5)
        try await alpha.publish(6...10)
        try await beta.applied(10)
      }
    }
    #expect(try beta.texts == (1...10).map(String.init))
  }

  @Test func `a folder of sockets that is removed does not end the publisher`() async throws {
    let run = "\(folder.path)/run"
    let manager = FileManager.default
    try manager.createDirectory(atPath: run, withIntermediateDirectories: false)
    let endpoints = StreamEndpoints(
      stream: "gamma", events: "ipc://\(run)/gamma.events", log: "ipc://\(run)/gamma.log")
    let gamma = try Party("gamma", at: endpoints, in: folder)
    let (lines, logged) = AsyncStream.makeStream(of: String.self)
    try await running(gamma.courier(lines: LogLines { logged.yield($0) })) {
      await until { manager.fileExists(atPath: "\(run)/gamma.log") }
      await until { manager.fileExists(atPath: "\(run)/gamma.events") }
      try manager.removeItem(atPath: run)
      // Both sockets were tried in vain.
      var untried: Set = ["\(run)/gamma.events", "\(run)/gamma.log"]
      for await line in lines {
        untried = untried.filter { !line.hasPrefix("\($0) has disappeared") }
        if untried.isEmpty { break }
      }
      try manager.createDirectory(atPath: run, withIntermediateDirectories: false)
      await until { manager.fileExists(atPath: "\(run)/gamma.events") }
    }
  }

  @Test(arguments: Transport.allCases)
  func `malformed requests get an error with their id, and the others are answered`(
    transport: Transport
  ) async throws {
    let alpha = try await party("alpha", transport)
    let beta = try await party("beta", transport, following: ["alpha"])
    let context = try Context()
    try await running(alpha.courier()) {
      try await alpha.publish(1...5)
      try await context.withDealer(connectingTo: [alpha.endpoints.log]) { dealer in
        try await dealer.connected()
        let texts = [
          ["FETCH", #"{"id":"a"}"#], ["NONSENSE", #"{"id":"a"}"#],
          ["FETCH", #"{"id":"a","stream":"alpha","after":-1}"#],
          ["FETCH", #"{"id":"a","stream":"alpha","after":18446744073709551615}"#],
          ["ACK", #"{"id":"a","consumer":"x","stream":"alpha","epoch":"0","sequence":1}"#],
          ["FETCH", #"{"id":"a"}"#, "more"],
        ]
        for text in texts {
          try await dealer.send([Message(text.map { Data($0.utf8) })])
          let refusal = try #require(try await refusal(to: dealer))
          #expect(refusal.id == .string("a"))
          #expect(refusal.code == (text[1].contains("184467") ? .ahead : .malformed))
        }
        for frames in [[Data()], [Data([255, 0])], [Data(), Data(), Data()]] {
          try await dealer.send([Message(frames)])
          #expect(try await refusal(to: dealer)?.code == .malformed)
        }
      }
      try await running(beta.courier(following: [alpha.endpoints])) { try await beta.applied(5) }
    }
    await context.close()
  }

  private func refusal(to dealer: Dealer) async throws -> Refusal? {
    for await batch in dealer.messages {
      for message in batch {
        if case .error(let refusal) = LogReply(frames: Array(message.frames)) { return refusal }
      }
    }
    return nil
  }

  @Test func `bytes that are no ZeroMQ at all, and strange subscriptions, do no harm`()
    async throws
  {
    let alpha = try await party("alpha", .tcp)
    let beta = try await party("beta", .tcp, following: ["alpha"])
    let context = try Context()
    try await running(alpha.courier()) {
      try await running(beta.courier(following: [alpha.endpoints])) {
        try await alpha.publish(1...5)
        try await beta.applied(5)
        for endpoint in [alpha.endpoints.events, alpha.endpoints.log] {
          try throwBytes(at: endpoint)
        }
        let prefixes = ["", "\u{1}", String(repeating: "x", count: 4000), "alpha/~beat/"]
        try await context.withSubscriber(
          connectingTo: [alpha.endpoints.events], prefixes: prefixes
        ) { subscriber in
          for await batch in subscriber.messages where !batch.isEmpty { break }
          try await alpha.publish(6...10)
          try await beta.applied(10)
        }
      }
    }
    await context.close()
    #expect(try beta.texts == (1...10).map(String.init))
  }

  /// Connects to a tcp endpoint, and writes what no peer of ZeroMQ would.
  private func throwBytes(at endpoint: String) throws {
    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    for garbage in [Data(repeating: 0, count: 300), Data("GET / HTTP/1.1\r\n\r\n".utf8), Data()] {
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(result == 0)
      _ = garbage.withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
    }
  }

  @Test func `gaps, recovered events and duplicates are counted`() {
    let source = SyntheticLog(count: 6)
    var dialogue = Dialogue(from: source.cursor(at: 1))
    _ = dialogue.wait(.zero)
    _ = dialogue.answer(source, limit: 1) { answer, _ in answer.head = 2 }
    #expect(dialogue.state == .live)
    _ = dialogue.deliver(source[3...3])
    _ = dialogue.deliver(source[2...3])
    _ = dialogue.deliver(source[5...6])
    _ = dialogue.answer(source)
    let counts = dialogue.follower.subscription.counts
    #expect((counts.gaps, counts.recovered, counts.duplicates) == (1, 4, 2))
  }
}
