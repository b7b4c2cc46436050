import Testing

@testable import ZeroMQ

@Suite("The inbox's decisions", .timeLimit(.minutes(1)))
struct InboxStateTests {
  private var inbox = InboxState<Int, String>(messageLimit: 3, byteLimit: 100)

  @Test("Items wait for the consumer, and come together")
  mutating func keeps() {
    #expect(inbox.take() == .wait)
    #expect(inbox.deliver([1], bytes: 1) == .kept(full: false, isFirst: true))
    #expect(inbox.deliver([2], bytes: 1) == .kept(full: false, isFirst: false))
    #expect(inbox.take() == .batch([1, 2], reopens: false))
    #expect(inbox.take() == .wait)
  }

  @Test("A consumer that waits gets the items at once, and once")
  mutating func hands() {
    inbox.park("consumer")
    #expect(inbox.deliver([1], bytes: 1) == .handed("consumer"))
    #expect(inbox.deliver([2], bytes: 1) == .kept(full: false, isFirst: true))
  }

  @Test("Past a limit of messages or bytes it is full, and taking reopens it", arguments: [1, 60])
  mutating func fills(bytes: Int) {
    #expect(inbox.deliver([1], bytes: bytes) == .kept(full: false, isFirst: true))
    #expect(inbox.deliver([2, 3], bytes: bytes) == .kept(full: true, isFirst: false))
    #expect(inbox.take() == .batch([1, 2, 3], reopens: true))
    #expect(inbox.deliver([4], bytes: 1) == .kept(full: false, isFirst: true))
    #expect(inbox.take() == .batch([4], reopens: false))
  }

  @Test("A consumer that takes a few at a time reopens the socket with the last ones")
  mutating func takesFew() {
    #expect(inbox.deliver([1, 2, 3], bytes: 1) == .kept(full: true, isFirst: true))
    #expect(inbox.take(atMost: 2) == .batch([1, 2], reopens: false))
    #expect(inbox.deliver([4], bytes: 1) == .kept(full: false, isFirst: false))
    #expect(inbox.take(atMost: 2) == .batch([3, 4], reopens: false))
    #expect(inbox.take(atMost: 2) == .wait)
  }

  @Test("Closing resumes the consumer, drops waiting messages and refuses the rest")
  mutating func closes() {
    _ = inbox.deliver([1], bytes: 1)
    #expect(inbox.close() == nil)
    #expect(inbox.take() == .ended)
    #expect(inbox.deliver([2], bytes: 1) == .refused)
    var other = InboxState<Int, String>(messageLimit: 3, byteLimit: 100)
    other.park("consumer")
    #expect(other.close() == "consumer")
  }

  @Test("A cancelled consumer is resumed once, and the next one takes its place")
  mutating func cancels() {
    inbox.park("first")
    #expect(inbox.cancel() == "first")
    #expect(inbox.cancel() == nil)
    inbox.park("second")
    #expect(inbox.deliver([1], bytes: 1) == .handed("second"))
  }
}

@Suite("The outbox's decisions", .timeLimit(.minutes(1)))
struct OutboxStateTests {
  private var outbox = OutboxState<String>(messageLimit: 2, byteLimit: 100)
  private let a = Message("a")
  private let b = Message("b")
  private let c = Message("c")

  @Test("The poller is woken once until it is through")
  mutating func wakesOnce() {
    #expect(outbox.offer([a]) == .accepted(wakes: true))
    #expect(outbox.offer([b]) == .accepted(wakes: false))
    #expect(outbox.take() == [a, b])
    #expect(outbox.settle(sent: 2, refused: 0).again == false)
    #expect(outbox.offer([c]) == .accepted(wakes: true))
  }

  @Test("Messages that the poller has taken count as waiting until it is done")
  mutating func countsInFlight() {
    _ = outbox.offer([a, b])
    _ = outbox.take()
    #expect(outbox.offer([c]) == .full)
    _ = outbox.settle(sent: 2, refused: 0)
    #expect(outbox.offer([c]) == .accepted(wakes: true))
  }

  @Test("Parked senders are let in by turns, ahead of later ones, and the poller comes again")
  mutating func admits() {
    _ = outbox.offer([a, a])
    outbox.park([b, b], ticket: 1, waiter: "first")
    outbox.park([c], ticket: 2, waiter: "second")
    _ = outbox.take()
    let first = outbox.settle(sent: 2, refused: 0)
    #expect(first.admitted == ["first"] && first.again)
    #expect(outbox.offer([a]) == .full)
    #expect(outbox.take() == [b, b])
    let second = outbox.settle(sent: 1, refused: 1)
    #expect(second.admitted == ["second"] && second.again)
    #expect(outbox.take() == [c])
    #expect(outbox.settle(sent: 1, refused: 0).again == false)
    #expect(outbox.sent == 4 && outbox.refused == 1 && outbox.peak == 2)
  }

  @Test("A sender that gives up sends nothing")
  mutating func cancels() {
    _ = outbox.offer([a, a])
    outbox.park([b], ticket: 1, waiter: "first")
    #expect(outbox.cancel(1) == "first")
    #expect(outbox.cancel(1) == nil)
    _ = outbox.take()
    #expect(outbox.settle(sent: 2, refused: 0).again == false)
  }

  @Test("Closing resumes the parked senders and refuses later ones")
  mutating func closes() {
    _ = outbox.offer([a, a])
    outbox.park([b], ticket: 1, waiter: "first")
    #expect(outbox.close() == ["first"])
    #expect(outbox.offer([a]) == .closed)
    #expect(outbox.take().isEmpty)
  }
}

/// With a queue of commands that is not read, a sender stays suspended for as long as a test needs.
@Suite("A suspended sender", .timeLimit(.minutes(1)))
struct SuspendedSenderTests {
  private let outbox: Outbox

  init() throws {
    var settings = SocketSettings()
    settings.outboxMessages = 1
    outbox = Outbox(line: Line(id: 1, commands: try CommandQueue()), settings: settings)
  }

  @Test("It throws when the socket closes")
  func closes() async throws {
    try await outbox.send([Message("a")])
    async let failure = failure { try await outbox.send([Message("b")]) }
    await until { outbox.isAwaited }
    outbox.close()
    #expect(try await failure?.code == .closed)
  }

  @Test("It throws when its task is cancelled, before or while it waits", arguments: [true, false])
  func cancels(whileWaiting: Bool) async throws {
    try await outbox.send([Message("a")])
    let sender = Task { try await outbox.send([Message("b")]) }
    if whileWaiting { await until { outbox.isAwaited } }
    sender.cancel()
    await #expect(throws: CancellationError.self) { try await sender.value }
    var given: [Message] = []
    outbox.flush {
      given += $0
      return $0.count
    }
    #expect(given == [Message("a")])
  }

  @Test("It goes on when the poller has made room")
  func goesOn() async throws {
    try await outbox.send([Message("a")])
    let sender = Task { try await outbox.send([Message("b")]) }
    await until { outbox.isAwaited }
    outbox.flush { _ in 1 }
    try await sender.value
    outbox.flush { _ in 0 }
    #expect(outbox.counts == (1, 1, 1))
  }
}
