/// The coming events, in the order of time: a binary heap.
///
/// Events at the same moment happen in the order in which they were planned.
struct EventQueue {
  typealias Work = () throws -> Void

  private struct Entry {
    let at: Moment
    let number: UInt64
    let work: Work

    static func < (left: Entry, right: Entry) -> Bool {
      (left.at, left.number) < (right.at, right.number)
    }
  }

  private var heap: [Entry] = []
  private var planned: UInt64 = 0

  mutating func plan(at moment: Moment, _ work: @escaping Work) {
    planned += 1
    heap.append(Entry(at: moment, number: planned, work: work))
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The next thing to happen; nil when nothing is left.
  mutating func next() -> (at: Moment, work: Work)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.at, first.work)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  mutating func removeAll() {
    heap = []
  }
}
