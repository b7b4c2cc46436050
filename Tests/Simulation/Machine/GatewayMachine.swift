import Charlie
import Journal
import Runtime

/// The machine of the gateway: the real gateway, whose commits take time.
///
/// Calls that come meanwhile share the next commit, as those of the gateway's own thread do.
final class GatewayMachine {
  /// A call of one of Charlie's processes.
  private struct WaitingCall {
    let call: GatewayCall
    let process: ServiceProcess
    /// The run of its charging.
    let run: Int
  }

  private unowned let world: World
  private let books: any Engine
  private let gateway: EmbeddedGateway
  private var random: Randomness
  /// In how many of a hundred commits the disk is slow.
  private let slowness: Int
  private var waiting: [WaitingCall] = []

  init(_ gateway: EmbeddedGateway, books: any Engine, in world: World) {
    self.world = world
    self.books = books
    self.gateway = gateway
    random = Randomness(world.plan.seed, for: "gateway")
    slowness = random.pick([0, 20, 60])
  }

  /// A call has come.
  func take(_ call: GatewayCall, of process: ServiceProcess, in run: Int) {
    waiting.append(WaitingCall(call: call, process: process, run: run))
    guard waiting.count == 1 else { return }
    let isSlow = !world.isCalm && random.chance(slowness)
    let pause = isSlow ? random.number(UInt64.milliseconds(100)...UInt64.seconds(4)) : 100
    world.plan(after: pause) { [self] in try book() }
  }

  /// Books all calls that have come.
  private func book() throws {
    let calls = waiting
    waiting = []
    let unbookable = drawUnbookable(of: calls)
    if let unbookable { try setTrigger(refusing: unbookable) }
    let steps = gateway.steps(for: calls.map(\.call.request))
    if unbookable != nil { try setTrigger(refusing: nil) }
    if calls.count > 1 { world.coverage.hit(.callsTogether) }
    // Answers of one commit come together, or each by a way of its own.
    let way = random.chance(50) ? drawWay() : nil
    for (waiting, step) in zip(calls, steps) {
      let isUnbookable = waiting.call.request.idempotencyKey == unbookable
      if case .failure(let error) = step {
        try require(
          isUnbookable, .noFailure, "the gateway cannot book another call: \(error)",
          [waiting.call.order.description])
      } else {
        try require(
          !isUnbookable, .noFailure, "the gateway answers what it could not book",
          [waiting.call.order.description])
        if unbookable != nil { world.coverage.hit(.callFailsAlone) }
      }
      try give(step, to: waiting, after: way ?? drawWay())
    }
  }

  private func drawWay() -> UInt64 { 100 + random.next() % 3000 }

  /// The key of a call that the books refuse in this commit.
  private func drawUnbookable(of calls: [WaitingCall]) -> String? {
    guard !world.isCalm, random.chance(calls.count > 1 ? 30 : 3) else { return nil }
    return random.pick(calls).call.request.idempotencyKey
  }

  private func setTrigger(refusing key: String?) throws {
    let statement =
      key.map {
        """
        CREATE TRIGGER refusing BEFORE INSERT ON charges WHEN NEW.key = '\($0)'
        BEGIN SELECT RAISE(ABORT, 'the call cannot be booked'); END
        """
      } ?? "DROP TRIGGER refusing"
    try books.write { try $0.run(SQL(stringLiteral: statement)) }
  }

  private func give(
    _ step: Result<GatewayStep, any Error>, to waiting: WaitingCall, after way: UInt64
  ) throws {
    let (call, process) = (waiting.call, waiting.process)
    if case .success(let step) = step { try world.checker.charged(call, step) }
    let result = Result { try step.get().answer() }
    var pause = Duration.zero
    switch result {
    case .failure(let failure):
      world.coverage.hit("gateway: failed")
      world.trace.note("gateway", about: [call.order.description], "\(failure)")
    case .success(let (answer, after)):
      world.trace.note("gateway", about: [call.order.description], "has \(answer)")
      pause = after ?? .zero
    }
    process.later(way + UInt64(pause / .microseconds(1))) {
      process.hasEnded(.init(call, result: result.map(\.answer)), of: waiting.run)
    }
  }
}
