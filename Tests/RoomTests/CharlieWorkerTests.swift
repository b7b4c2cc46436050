import Courier
import Events
import Journal
import Logging
import RoomTesting
import Runtime
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `The worker that asks the gateway` {
  private let charlie: ServiceHarness
  private let alpha: SyntheticLog
  private let gateway: EmbeddedGateway

  init() throws {
    charlie = try ServiceHarness(CharlieRoom.self)
    alpha = SyntheticLog("alpha", clock: charlie.clock)
    gateway = EmbeddedGateway(.file(charlie.folder.path + "/gateway.sqlite"))
  }

  private func approve(_ product: String) throws -> Identifier {
    let approved = charlie.clock.approved(product: product)
    try charlie.receive(alpha.next(approved))
    return approved.orderId
  }

  /// Runs a worker as long as the body does, and then kills it.
  private func working(
    with gateway: any PaymentGateway, concurrency: Int = 2, _ body: () async throws -> Void
  ) async throws {
    let worker = ChargingWorker(
      journal: charlie.journal, gateway: gateway, concurrency: concurrency,
      runtime: charlie.clock.runtime,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await worker.run() }
      try await body()
      group.cancelAll()
      while let ended = await group.nextResult() {
        if case .failure(let error) = ended, !(error is CancellationError) { throw error }
      }
    }
  }

  private func state(_ order: Identifier) -> String? {
    charlie.get("/api/charges/\(order)").string("state")
  }

  @Test func `it charges what was intended before it ran, and what is intended while it runs`()
    async throws
  {
    let before = try approve("widget")
    try await working(with: gateway) {
      try await charlie.until { _ in state(before) == "charged" }
      let after = try approve("test-decline-no-funds")
      try await charlie.until { _ in state(after) == "declined" }
    }
    #expect(try charlie.published() == ["order.charged v1", "order.declined v1"])
  }

  @Test func `while history is in doubt the gateway is not asked`() throws {
    _ = try approve("widget")
    var process = ChargingProcess(concurrency: 2, clock: charlie.clock.runtime.now)
    func due() throws -> Int? {
      guard case .read(let read)? = process.handle(.woke, at: .zero, random: { 0 }).last,
        case .due(let calls) = try charlie.journal.read(read.query)
      else { return nil }
      return calls.count
    }
    #expect(try due() == 1)
    try charlie.journal.write { try $0.loseHistory("a consumer has more of it") }
    #expect(try due() == 0)
  }

  @Test func `each attempt has a line, and one that follows a failure or a crash at info`() throws {
    let order = try approve("widget")
    var process = ChargingProcess(concurrency: 2, clock: charlie.clock.runtime.now)
    func lines(_ input: ChargingProcess.Input) throws -> [String] {
      guard case .read(let read)? = process.handle(input, at: .zero, random: { 0 }).last
      else { return [] }
      let effects = process.handle(
        try charlie.journal.read(read.query), at: .zero, random: { 0 })
      return effects.compactMap {
        guard case .perform(.log(let level, let line, _)) = $0 else { return nil }
        return "\(level) \(line)"
      }
    }
    #expect(try lines(.started) == ["debug charging order \(order), attempt 1"])
    charlie.clock.advance(microseconds: 1)
    process = ChargingProcess(concurrency: 2, clock: charlie.clock.runtime.now)
    #expect(
      try lines(.started) == [
        "info charging order \(order), attempt 1, resumed after a restart"
      ])
    try charlie.journal.write { try $0.retryLater(order, random: 0) }
    process = ChargingProcess(concurrency: 2, clock: charlie.clock.runtime.now)
    #expect(try lines(.started) == [], "it is not due")
    charlie.clock.advance(microseconds: 60_000_000)
    #expect(try lines(.woke) == ["info charging order \(order), attempt 2"])
  }

  private struct CannotBeStored: Error {}

  @Test func `of two answers that come together, one that cannot be stored is asked for again`()
    throws
  {
    let orders = [try approve("widget"), try approve("widget")]
    var process = ChargingProcess(concurrency: 2, clock: charlie.clock.runtime.now)
    guard case .read(let read)? = process.handle(.woke, at: .zero, random: { 0 }).last,
      case .due(let calls) = try charlie.journal.read(read.query)
    else {
      Issue.record("nothing is due")
      return
    }
    _ = process.handle(.due(calls), at: .zero, random: { 0 })
    #expect(Set(calls.map(\.order)) == Set(orders))
    let ended = calls.map { ChargingProcess.EndedCall($0, answer: .charged) }
    guard case .write(let writes)? = process.handle(.ended(ended), at: .zero, random: { 0 }).last,
      writes.count == 2, let failed = writes[1].recover(CannotBeStored())
    else {
      Issue.record("both are stored, and a failure is an input")
      return
    }
    let stored = try charlie.journal.write(writes[0].work)
    #expect(process.handle(stored, at: .zero, random: { 0 }).isEmpty)
    guard case .write(let again)? = process.handle(failed, at: .zero, random: { 0 }).last else {
      Issue.record("it is stored as a call without an answer")
      return
    }
    let postponed = try charlie.journal.write(again[0].work)
    #expect(process.handle(postponed, at: .zero, random: { 0 }).isEmpty)
    let looks = process.handle(.committed, at: .zero, random: { 0 })
    #expect(looks.count == 1, "their commit makes it look for more")
    #expect(orders.map(state).sorted { ($0 ?? "") < ($1 ?? "") } == ["charged", "intended"])
  }

  @Test func `it retries forever with the same key, and the charge is pending meanwhile`()
    async throws
  {
    let order = try approve("test-fail-3")
    try await working(with: gateway) {
      for attempt in 1...3 {
        try await charlie.until {
          $0.get("/api/charges/\(order)").integer("attempts") == Int64(attempt)
        }
        #expect(state(order) == "intended")
        charlie.clock.advance(microseconds: 60_000_000)
      }
      try await charlie.until { _ in state(order) == "charged" }
    }
    #expect(
      try gatewayBooks(in: charlie.folder) == [Booked(key: "order:\(order)", attempts: 4)])
  }

  @Test func `killed between the gateway's answer and its own commit, it has charged once`()
    async throws
  {
    let order = try approve("widget")
    let (answers, answered) = AsyncStream.makeStream(of: Void.self)
    try await working(with: WithholdingGateway(inner: gateway, answered: answered)) {
      for await _ in answers { break }
    }
    #expect(state(order) == "intended")
    #expect(try gatewayBooks(in: charlie.folder).count == 1)
    try await working(with: gateway) {
      try await charlie.until { _ in state(order) == "charged" }
    }
    #expect(
      try gatewayBooks(in: charlie.folder) == [Booked(key: "order:\(order)", attempts: 2)])
    #expect(try charlie.published() == ["order.charged v1"])
    #expect(charlie.get("/api/ledger/entries").count("entries") == 1)
  }

  @Test func `a slow charge holds up no other`() async throws {
    let slow = try approve("test-slow-600000")
    try await working(with: gateway) {
      let quick = try approve("widget")
      try await charlie.until { _ in state(quick) == "charged" }
      #expect(state(slow) == "intended")
    }
    #expect(try charlie.published().count == 1)
  }

  @Test func `a total of zero never reaches the gateway`() async throws {
    let free = charlie.clock.approved(price: 0, fee: 0)
    try charlie.receive(alpha.next(free))
    let order = try approve("widget")
    try await working(with: gateway) {
      try await charlie.until { _ in state(order) == "charged" }
    }
    #expect(try gatewayBooks(in: charlie.folder).map(\.key) == ["order:\(order)"])
  }
}

/// Charges, and never hands the answer over: the process is killed before it could.
private struct WithholdingGateway: PaymentGateway {
  let inner: EmbeddedGateway
  let answered: AsyncStream<Void>.Continuation

  func charge(_ request: GatewayRequest) async throws -> GatewayAnswer {
    let answer = try await inner.charge(request)
    answered.yield()
    try await Task.sleep(for: .seconds(600))
    return answer
  }
}
