import Synchronization

/// Passes everything that has arrived since the last time, all at once, to one consumer.
package final class Mailbox<Item: Sendable>: AsyncSequence, Sendable {
  package typealias Element = [Item]
  package typealias Failure = Never

  private let items = Mutex<[Item]>([])
  private let (arrivals, arrived) = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))

  package init() {}

  package func append(_ item: Item) {
    items.withLock { $0.append(item) }
    arrived.yield()
  }

  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let mailbox: Mailbox
    fileprivate var arrivals: AsyncStream<Void>.AsyncIterator

    package mutating func next() async -> [Item]? {
      while await arrivals.next() != nil {
        let items = mailbox.items.withLock { items in
          defer { items = [] }
          return items
        }
        if !items.isEmpty { return items }
      }
      return nil
    }
  }

  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(mailbox: self, arrivals: arrivals.makeAsyncIterator())
  }
}
