import Courier
import FoundationEssentials
import Synchronization
import ZeroMQ

/// A publisher and a subscriber of the binding, with the settings of the daemons.
struct WireBinding: Sendable {
  /// The messages that libzmq keeps on each side, as the daemons' settings make them; the bare loop
  /// has the same.
  static let sendQueue: Int32 = 2000
  static let receiveQueue: Int32 = 1000
  /// The messages under way at most, since the publisher drops.
  ///
  /// libzmq learns in steps of half a queue what its peer has taken, so that only half of the
  /// publisher's queue is safe to fill.
  private static let window = 1000
  /// The messages that are sent together, as those of a group commit are.
  private static let batchSize = 100
  /// The longest time without a message.
  private static let patience = Duration.seconds(10)
  private static let topic = "producer/bench.hopped/v1/"

  let messages: Int
  let endpoint: String

  /// The messages that arrived.
  struct Count: Sendable {
    var seconds = 0.0
    var lost = 0
    var duplicated = 0
  }

  func run() async throws -> Count {
    let publishing = try Context()
    let subscribing = try Context()
    do {
      let count = try await exchange(from: publishing, to: subscribing)
      await publishing.close()
      await subscribing.close()
      return count
    } catch {
      await publishing.close()
      await subscribing.close()
      throw error
    }
  }

  private func exchange(from publishing: Context, to subscribing: Context) async throws -> Count {
    try await publishing.withPublisher(binding: [endpoint], settings: .events) { publisher in
      try await subscribing.withSubscriber(
        connectingTo: [endpoint], prefixes: [Self.topic], settings: .subscriber
      ) { subscriber in
        for await changes in publisher.changes where !changes.isEmpty { break }
        let credits = Credits(Self.window)
        return try await withThrowingTaskGroup(of: Count?.self) { group in
          group.addTask { await receive(on: subscriber, credits) }
          group.addTask {
            try await send(on: publisher, credits)
            return nil
          }
          group.addTask {
            try await watch(credits)
            return nil
          }
          defer { group.cancelAll() }
          for try await case let count? in group { return count }
          throw CancellationError()
        }
      }
    }
  }

  private func send(on publisher: Publisher, _ credits: Credits) async throws {
    let topic = Data(Self.topic.utf8)
    let body = Data(repeating: UInt8(ascii: "x"), count: 400)
    var header = Data("EV".utf8) + Data(count: 46)
    for first in stride(from: 1, through: messages, by: Self.batchSize) {
      let numbers = first...min(first + Self.batchSize - 1, messages)
      await credits.take(numbers.count)
      try await publisher.send(
        numbers.map { number in
          Self.store(number, in: &header)
          return Message([topic, header, body])
        })
    }
  }

  /// Fails when no message arrives for a long time: the last one may have been dropped.
  private func watch(_ credits: Credits) async throws {
    var before = -1
    while credits.total != before {
      before = credits.total
      try await Task.sleep(for: Self.patience)
    }
    throw Failure(.timedOut, "no message arrives over \(endpoint) any more: the last was dropped.")
  }

  /// Receives until the last message has arrived, or its task is cancelled.
  private func receive(on subscriber: Subscriber, _ credits: Credits) async -> Count {
    let startedAt = monotonicNanoseconds()
    var count = Count()
    var last = 0
    // A sender that waits goes on, and ends.
    defer { credits.add(messages) }
    for await batch in subscriber.messages {
      let before = last
      for message in batch {
        let number = message.frames.withUnsafeBytes(of: 1, Self.number)
        if number > last {
          count.lost += number - last - 1
          last = number
        } else {
          count.duplicated += 1
        }
      }
      credits.add(last - before)
      if last == messages { break }
    }
    count.seconds = Double(monotonicNanoseconds() - startedAt) / 1e9
    return count
  }

  /// Writes the number where the wire has the sequence.
  private static func store(_ number: Int, in header: inout Data) {
    header.withUnsafeMutableBytes {
      $0.storeBytes(of: UInt64(number).bigEndian, toByteOffset: 16, as: UInt64.self)
    }
  }

  private static func number(in header: UnsafeRawBufferPointer) -> Int {
    Int(UInt64(bigEndian: header.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
  }
}

/// The number of messages that one sender may still send.
private final class Credits: Sendable {
  private struct State {
    var available: Int
    /// All that were ever given.
    var total = 0
    var wanted = 0
    var sender: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    state = Mutex(State(available: count))
  }

  var total: Int { state.withLock(\.total) }

  func take(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.available < count else {
          state.available -= count
          return true
        }
        state.wanted = count
        state.sender = continuation
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func add(_ count: Int) {
    state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.available += count
      state.total += count
      guard let sender = state.sender, state.available >= state.wanted else { return nil }
      state.available -= state.wanted
      state.sender = nil
      return sender
    }?.resume()
  }
}
